import FoundationEssentials
import Models
import OutcomesDomain
import Testing

@Suite("Process measures")
struct MeasurementTests {
    let cases: MeasureCases
    let catalogue: MeasureCatalogue

    init() throws {
        cases = try Reference.measures()
        catalogue = try MeasureCatalogue.builtIn()
    }

    private func measure(_ id: String) throws -> MeasureDefinition {
        try #require(catalogue.measure(MeasureCode(rawValue: id)))
    }

    private func result(_ id: String, _ journeys: [ReferralJourney]) throws -> MeasureResult {
        try measurement(id).result(of: journeys)
    }

    private func measurement(_ id: String) throws -> Measurement {
        let from = try #require(CivilDate("2026-03-01"))
        let period = try #require(MeasurePeriod(from: from, to: from.adding(days: 152)))
        return Measurement(
            try measure(id), period: period, asOf: cases.asOf.at, asOfOn: cases.asOf.on, runAt: cases.asOf.at
        )
    }

    @Test(
        "four hundred random journeys are counted as an independent computation counts them",
        arguments: [
            "referral-to-acknowledged", "referral-to-bedside", "referral-to-first-contact", "bedside-acceptance",
            "engagement", "eight-week-retention", "unable-to-contact",
        ]
    )
    func reference(_ id: String) throws {
        let expected = try #require(cases.results[id])
        let result = try result(id, cases.journeys.map(\.journey).shuffled())
        #expect(Set(result.parts.map(\.code)) == Set(expected.parts.keys))
        for part in result.parts {
            let want = try #require(expected.parts[part.code])
            #expect(part.denominator.map(\.rawValue) == want.denominator.sorted())
            #expect(part.numerator.map(\.rawValue) == want.numerator.sorted())
            #expect(part.notYetObserved.map(\.rawValue) == want.notYetObserved.sorted())
            let excluded = part.exclusions.map { ($0.subject.rawValue, $0.reason.rawValue) }
            #expect(Dictionary(uniqueKeysWithValues: excluded) == want.excluded)
        }
        #expect(result.timing == expected.timing)
    }

    @Test("everybody of the population is in exactly one place of each part")
    func partition() throws {
        for id in ["referral-to-first-contact", "engagement", "unable-to-contact"] {
            let journeys = cases.journeys.map(\.journey).filter { $0.accepted.at <= cases.asOf.at }
            for part in try result(id, journeys).parts {
                let everyone = part.denominator + part.exclusions.map(\.subject) + part.notYetObserved
                #expect(everyone.count == journeys.count)
                #expect(Set(everyone).count == journeys.count)
                #expect(Set(part.numerator).isSubset(of: part.denominator))
            }
        }
    }

    @Test("a result says by which definition, of which period, as of when and from what source it was made")
    func provenance() throws {
        let result = try result("engagement", [])
        #expect(result.measure.rawValue == "engagement")
        #expect(result.version == 1)
        #expect(result.period.from.description == "2026-03-01")
        #expect(result.asOf == cases.asOf.at)
        #expect(result.sourceTier == .ownRecord)
        #expect(result.parts.map(\.rate) == [nil, nil, nil])
    }

    private func journey(acceptedAt: Instant) -> ReferralJourney {
        ReferralJourney(
            referralID: ReferralID(rawValue: UUID()), participantID: ParticipantID(rawValue: UUID()),
            programme: .overdoseFollowUp, receivedAt: acceptedAt,
            accepted: LocalInstant(at: acceptedAt, on: acceptedAt.dateInUTC)
        )
    }

    @Test("who cannot have been engaged for 30 days yet is not counted as not engaged, even where already reached")
    func censoring() throws {
        var young = journey(acceptedAt: cases.asOf.at - .seconds(10 * 86_400))
        let reachedAt = young.accepted.at + .seconds(3 * 86_400)
        young.contacts = [.init(outcome: .reached, occurred: .init(at: reachedAt, on: reachedAt.dateInUTC))]
        let part = try #require(try result("engagement", [young]).parts.first)
        #expect(part.denominator.isEmpty)
        #expect(part.notYetObserved.count == 1)
        #expect(part.rate == nil)
    }

    @Test("the bedside visit of the first day is no engagement, and a message left is none either")
    func engagementNeedsContact() throws {
        var old = journey(acceptedAt: cases.asOf.at - .seconds(40 * 86_400))
        let later = old.accepted.at + .seconds(5 * 86_400)
        old.contacts = [
            .init(outcome: .reached, occurred: old.accepted),
            .init(outcome: .leftMessage, occurred: .init(at: later, on: later.dateInUTC)),
        ]
        let part = try #require(try result("engagement", [old]).parts.first)
        #expect((part.denominator.count, part.numerator.count) == (1, 0))
    }

    @Test("a referral taken back after the deadline was missed still counts as missed")
    func lateCancellation() throws {
        var late = journey(acceptedAt: cases.asOf.at - .seconds(60 * 86_400))
        let cancelledAt = late.accepted.at + .seconds(30 * 86_400)
        late.cancelled = LocalInstant(at: cancelledAt, on: cancelledAt.dateInUTC)
        let result = try result("referral-to-first-contact", [late])
        #expect(result.parts.map(\.denominator.count) == [1, 1])
        #expect(result.parts.map(\.numerator.count) == [0, 0])
        #expect(result.timing?.censored == 1)
    }

    @Test("a planned contact counts as made only where the person was reached before its window ended")
    func contactsInTime() throws {
        let due = cases.asOf.at - .seconds(20 * 86_400)
        func planned(_ hours: Int?, _ outcome: ContactOutcome = .reached) -> PlannedContact {
            var contact = PlannedContact(planID: PlanID(rawValue: UUID()), dueAt: due)
            if let hours {
                let at = due + .seconds(hours * 3600)
                contact.attempts = [.init(outcome: outcome, occurred: .init(at: at, on: at.dateInUTC))]
            }
            return contact
        }
        var closedBefore = planned(nil)
        closedBefore.planClosedAt = due - .seconds(86_400)
        var open = planned(0)
        open.dueAt = cases.asOf.at + .seconds(3600)
        let contacts = [
            planned(0), planned(-1), planned(-30 * 24), planned(1), planned(-1, .noShow), planned(nil), closedBefore,
            open,
        ]
        let part = try #require(try measurement("contacts-in-time").result(of: contacts).parts.first)
        #expect((part.denominator.count, part.numerator.count) == (6, 3))
        #expect(part.exclusions.map(\.reason) == [.planClosedBeforeDue])
        #expect(part.notYetObserved.count == 1)
    }
}
