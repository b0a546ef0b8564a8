import Models
import OutcomesDomain
import TestKit
import Testing

@testable import Outcomes

/// Measures of referrals whose participants turn out to be one person: what happened to the person answers each referral,
/// and no referral is counted more often than before.
@Suite("Measures of two who are one person")
struct MergedMeasureTests {
    /// A part of a measure over November: denominator, numerator, left out.
    private func count(_ measure: String, _ fixture: OutcomesFixture) async throws -> [Int] {
        let definition = try #require(MeasureCatalogue.builtIn().measure(MeasureCode(rawValue: measure)))
        let from = try #require(CivilDate("2026-11-01"))
        let to = try #require(CivilDate("2026-11-30"))
        let period = try #require(MeasurePeriod(from: from, to: to))
        let result = try await fixture.work { try await MeasureStore.run(definition, period, asOf: nil, in: $0) }
        let part = try #require(result.parts.last)
        return [part.denominator.count, part.numerator.count, part.exclusions.count]
    }

    private func merge(_ fixture: OutcomesFixture, _ gone: UInt32) async throws {
        try await fixture.service.merge(.number(gone), into: .number(gone == 900 ? 901 : 900), of: .north)
    }

    private func unmerge(_ fixture: OutcomesFixture, _ gone: UInt32) async throws {
        try await fixture.service.unmerge(.number(gone), from: .number(gone == 900 ? 901 : 900), of: .north)
    }

    @Test("a contact under one id answers the referrals of both, each once", arguments: [UInt32(900), 901])
    func reached(_ gone: UInt32) async throws {
        try await OutcomesFixture.with { fixture in
            for number in [UInt32(900), 901, 902] { try await fixture.addParticipant(number) }
            try await fixture.deliver([
                .init(ContactRecorded.fixture(1, plan: 901, participant: 901, at: .noon + .seconds(3600))),
                .init(ContactRecorded.fixture(2, plan: 901, participant: 901, at: .noon + .seconds(7200))),
            ])
            fixture.clock.move(to: .noon + .seconds(40 * 86_400))
            #expect(try await count("referral-to-first-contact", fixture) == [3, 1, 0])
            try await merge(fixture, gone)
            #expect(try await count("referral-to-first-contact", fixture) == [3, 2, 0])
            try await unmerge(fixture, gone)
            #expect(try await count("referral-to-first-contact", fixture) == [3, 1, 0])
        }
    }

    @Test("a death that is known under one id leaves both out, and when it was somebody else's only one")
    func died() async throws {
        try await OutcomesFixture.with { fixture in
            for number in [UInt32(900), 901] { try await fixture.addParticipant(number) }
            try await fixture.deliver([
                .init(
                    ContactOverdue(
                        planID: .number(900), participantID: .number(900), sequence: 1,
                        dueAt: .noon + .seconds(3 * 86_400))),
                .init(
                    ReferralClosed(
                        referralID: .number(901), participantID: .number(901), version: 5, reason: .died,
                        closedAt: .noon + .seconds(60))),
            ])
            fixture.clock.move(to: .noon + .seconds(40 * 86_400))
            func counts() async throws -> [[Int]] {
                [
                    try await count("referral-to-first-contact", fixture),
                    try await count("contacts-in-time", fixture),
                ]
            }
            #expect(try await counts() == [[1, 0, 1], [1, 0, 0]])
            try await merge(fixture, 901)
            #expect(try await counts() == [[0, 0, 2], [0, 0, 1]])
            try await unmerge(fixture, 901)
            #expect(try await counts() == [[1, 0, 1], [1, 0, 0]])
        }
    }
}
