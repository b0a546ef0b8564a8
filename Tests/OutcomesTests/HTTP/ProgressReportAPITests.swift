import FoundationEssentials
import HTTPTypes
import MessageTable
import Models
import Postgres
import ServiceKit
import TestKit
import Testing

@testable import Outcomes

/// Who outside is told how somebody's support goes, by what this service knows of consents.
@Suite("Progress reports over HTTP")
struct ProgressReportAPITests {
    private static let path = "/v1/participants/\(ParticipantID.number(900))/progress-reports"

    private static func body(to recipient: UInt32 = 3, for purpose: String = "TREAT") -> String {
        #"{"recipientID":"\#(PartnerID.number(recipient))","purpose":"\#(purpose)"}"#
    }

    /// What the tests read of a report.
    private struct Seen: Decodable, Equatable {
        struct Attendance: Decodable, Equatable {
            var since: String
            var programme: String?
            var contactsMet: Int
            var contactsMissed: Int
        }
        struct Score: Decodable, Equatable {
            var instrument: String
            var value: Int?
        }
        struct Scope: Decodable, Equatable {
            var purposes: [String]
            var classes: [String]
        }
        struct Notice: Decodable, Equatable {
            var version: String
            var text: String
        }
        struct Referral: Decodable, Equatable { var programme: String? }
        struct Medication: Decodable, Equatable { var modality: String? }
        struct Document: Decodable, Equatable {
            var purpose: String
            var attendance: Attendance?
            var referrals: [Referral]?
            var scores: [Score]?
            var medications: [Medication]?
            var consent: Scope?
            var notice: Notice
        }
        var disclosureID: DisclosureID
        var classes: [String]
        var document: Document
    }

    /// A participant with contacts and a score.
    private static func withParticipant(
        isPart2Program: Bool = true, _ body: @escaping @Sendable (APIClient) async throws -> Void
    ) async throws {
        try await APIClient.with { api in
            try await api.fixture.observer.runScript("update handrail.agency set part2_program = \(isPart2Program)")
            try await api.fixture.addParticipant()
            try await api.fixture.deliver([
                .init(ContactRecorded.fixture(1, plan: 900, at: .noon)),
                .init(ContactRecorded.fixture(2, .noShow, plan: 900, at: .noon)),
            ])
            let answered = try await api.send(.post, "/v1/assessments", as: "peer-1", json: Questionnaire.barc10())
            #expect(answered.status == 201)
            try await body(api)
        }
    }

    /// What the service has heard of a consent.
    private static func know(_ consent: ConsentChanged, _ api: APIClient) async throws {
        try await api.fixture.work { work in
            try await ConsentProjection.save(consent, in: work.transaction, of: work.agencyID)
        }
    }

    private static func reasons(_ api: APIClient) async throws -> [String] {
        try await api.fixture.observer.query(denials).map { try $0.decode(String.self) }
    }

    private static let denials = Statement(
        "test.denials",
        """
        select reason || ' ' || purpose
        from outcome.audit_event
        where operation_id = 'createProgressReport' and decision = 'deny'
        order by at, audit_id
        """)

    private static let disclosures = Statement(
        "test.disclosures",
        """
        select count(*)
        from outcome.audit_event
        where operation_id = 'createProgressReport' and decision = 'allow' and action = 'disclose'
            and consent_id is not null and on_behalf_of is not null
        """)

    @Test("whom a consent names is told what it covers, with its scope and the notice, and it is accounted for")
    func told() async throws {
        try await Self.withParticipant { api in
            try await Self.know(.fixture(), api)
            let answer = try await api.send(.post, Self.path, as: "coordinator", json: Self.body())
            #expect(answer.status == 200)
            let seen: Seen = try answer.json()
            #expect(seen.classes == ["assessment", "contact", "presence"])
            #expect(
                seen.document.attendance
                    == .init(
                        since: "2026-11-22", programme: "overdose-follow-up", contactsMet: 1, contactsMissed: 1))
            #expect(seen.document.scores == [.init(instrument: "barc-10", value: 47)])
            #expect(seen.document.referrals == nil && seen.document.medications == nil)
            #expect(seen.document.consent == .init(purposes: ["TREAT"], classes: ["assessment", "contact"]))
            #expect(seen.document.notice.version == "2.32-2024")
            #expect(seen.document.notice.text.contains("42 CFR part 2"))

            let told = try await api.fixture.published(DisclosureMade.self)
            #expect(told.map(\.disclosureID) == [seen.disclosureID])
            let event = try #require(told.first)
            #expect(event.recipientID == .number(3) && event.consentID == .number(50))
            #expect(event.classes.map(\.text) == seen.classes && event.disclosedBy == "coordinator")
            #expect(event.purpose == .known(.treatment) && event.disclosedAt == .noon)
            #expect(try await api.fixture.number(Self.disclosures) == 1)
        }
    }

    @Test("a payer is told no scores and a court no more than attendance, whatever the consents say")
    func minimum() async throws {
        try await Self.withParticipant { api in
            let all = Array(DataClass.allCases)
            try await Self.know(.fixture(kind: "health-plan", purposes: [.payment], classes: all), api)
            try await Self.know(
                .fixture(51, to: 4, kind: "justice", purposes: [.justice], classes: all, of: .criminalJustice), api)
            let payer: Seen = try await api.send(.post, Self.path, json: Self.body(for: "HPAYMT")).json()
            #expect(payer.classes == ["contact", "presence", "referral"])
            #expect(payer.document.scores == nil && payer.document.medications == nil)
            let court: Seen = try await api.send(.post, Self.path, json: Self.body(to: 4, for: "HLEGAL")).json()
            #expect(court.classes == ["contact", "presence", "referral"])
            // A consent to the justice system is one of its own.
            #expect(try await api.send(.post, Self.path, json: Self.body(for: "HLEGAL")).status == 403)
        }
    }

    @Test(
        "without a consent in force that names it, an organisation is told nothing, and the reason is on record",
        arguments: [
            (nil, "relationship"), (.fixture(to: 4), "relationship"),
            (.fixture(version: 2, revokedAt: .noon), "consent"), (.fixture(expiresAt: .noon), "consent"),
            (.fixture(isDeficient: true), "consent"), (.fixture(purposes: [.payment]), "consent"),
            (.fixture(classes: [.location]), "consent"), (.fixture(signedAt: .noon + .seconds(1)), "consent"),
            (.fixture(of: .other("a-kind-to-come")), "relationship"),
            (.fixture(recipient: .other("a-recipient-to-come")), "relationship"),
            (.fixture(kind: "a-kind-to-come"), "relationship"), (.fixture(participant: 901), "relationship"),
        ] as [(ConsentChanged?, String)])
    func notTold(_ consent: ConsentChanged?, _ reason: String) async throws {
        try await Self.withParticipant { api in
            if let consent { try await Self.know(consent, api) }
            let answer = try await api.send(.post, Self.path, json: Self.body())
            #expect(answer.status == 403 && answer.problem == "not-to-be-told")
            #expect(try await Self.reasons(api) == ["\(reason) TREAT"])
            #expect(try await api.fixture.published(DisclosureMade.self).isEmpty)
        }
    }

    @Test("older news of a consent changes nothing, and a reminder of its end neither")
    func older() async throws {
        try await Self.withParticipant { api in
            try await Self.know(.fixture(version: 2, revokedAt: .noon), api)
            try await Self.know(.fixture(version: 1), api)
            var reminder = ConsentChanged.fixture(version: 3)
            reminder.version = nil
            try await Self.know(reminder, api)
            #expect(try await api.send(.post, Self.path, json: Self.body()).status == 403)
        }
    }

    /// What a process of the version before says of a consent.
    private static func before(_ consent: UInt32 = 50, version: Int, isActive: Bool) -> ConsentChangedV1 {
        ConsentChangedV1(
            consentID: .number(consent), participantID: .number(900), version: version, recipientID: .number(3),
            isActive: isActive, changedAt: .noon)
    }

    @Test("a consent that a process of the version before revokes is revoked")
    func revokedBefore() async throws {
        try await Self.withParticipant { api in
            try await Self.know(.fixture(version: 2), api)
            #expect(try await api.send(.post, Self.path, json: Self.body()).status == 200)
            try await api.fixture.observer.withTransaction(.agency(.north)) { transaction in
                try transaction.publish(Self.before(version: 3, isActive: false), agency: .north, headers: .none)
            }
            try await api.running {
                try await api.eventually("revoked") {
                    try await api.send(.post, Self.path, json: Self.body()).status == 403
                }
            }
            #expect(try await Self.reasons(api).contains("consent TREAT"))
        }
    }

    @Test("what a process of the version before says of a consent given is too little to tell by, older news is none")
    func givenBefore() async throws {
        try await Self.withParticipant { api in
            func know(_ event: ConsentChangedV1) async throws {
                try await api.fixture.work { work in
                    try await ConsentProjection.save(event, in: work.transaction, of: work.agencyID)
                }
            }
            try await know(Self.before(version: 1, isActive: true))
            #expect(try await api.send(.post, Self.path, json: Self.body()).status == 403)
            try await Self.know(.fixture(version: 2), api)
            try await know(Self.before(version: 1, isActive: false))
            try await know(Self.before(version: 3, isActive: true))
            try await know(Self.before(51, version: 3, isActive: false))
            #expect(try await api.send(.post, Self.path, json: Self.body()).status == 200)
        }
    }

    @Test("while news of consents is late nobody outside is told, and when it is handled they are again")
    func late() async throws {
        try await Self.withParticipant { api in
            try await Self.know(.fixture(), api)
            // Of somebody else: whom it is about is known only when it is handled.
            let other = ConsentChanged.fixture(52, participant: 901)
            try await api.fixture.observer.withTransaction(.agency(.north)) { transaction in
                try transaction.publish(other, agency: .north, headers: .none)
            }
            #expect(try await api.send(.post, Self.path, json: Self.body()).status == 200, "published just now")
            try await api.fixture.observer.runScript(
                """
                update message_table.message set occurred_at = occurred_at - interval '6 seconds';
                update message_table.tick set at = at - interval '6 seconds'
                """)
            #expect(try await api.send(.post, Self.path, json: Self.body()).status == 403)
            #expect(try await Self.reasons(api) == ["consent-unknown TREAT"])
            try await api.running {
                try await api.eventually("caught up") {
                    try await api.send(.post, Self.path, json: Self.body()).status == 200
                }
            }
        }
    }

    @Test("a consent that could not be handled keeps its participant's reports in, and no other's")
    func parked() async throws {
        try await Self.withParticipant { api in
            try await api.fixture.addParticipant(901)
            try await Self.know(.fixture(), api)
            try await Self.know(.fixture(51, participant: 901), api)
            try await api.fixture.observer.runScript(
                """
                insert into message_table.message (topic, key, version, agency_id, payload)
                values ('consent.changed.v2', '\(ConsentID.number(50))', 2, '\(AgencyID.north)',
                    '{"participantID": "\(ParticipantID.number(900))", "version": "two"}')
                """)
            let other = "/v1/participants/\(ParticipantID.number(901))/progress-reports"
            try await api.running {
                try await api.eventually("dead") { try await api.fixture.number(Self.dead) == 1 }
                #expect(try await api.send(.post, Self.path, json: Self.body()).status == 403)
                #expect(try await Self.reasons(api) == ["consent-unknown TREAT"])
                #expect(try await api.send(.post, other, json: Self.body()).status == 200)
            }
        }
    }

    private static let dead = Statement("test.dead", "select count(*) from message_table.parked where dead")

    @Test("the same request again is the same disclosure, and none once the consent is revoked")
    func repeated() async throws {
        try await Self.withParticipant { api in
            try await Self.know(.fixture(), api)
            let first: Seen = try await api.send(.post, Self.path, json: Self.body(), key: "k").json()
            // What has been covered since is not told by a repetition.
            try await Self.know(.fixture(version: 2, classes: [.contact, .assessment, .referral]), api)
            let again = try await api.send(.post, Self.path, json: Self.body(), key: "k")
            let second: Seen = try again.json()
            #expect(second.disclosureID == first.disclosureID && second.classes == first.classes)
            #expect(try await api.fixture.published(DisclosureMade.self).count == 1)
            try await Self.know(.fixture(version: 3, revokedAt: .noon), api)
            #expect(try await api.send(.post, Self.path, json: Self.body(), key: "k").status == 403)
        }
    }

    @Test("a restriction keeps out whom it names; a report is the office's business, about people it knows")
    func others() async throws {
        try await Self.withParticipant { api in
            try await Self.know(.fixture(), api)
            for role in ["peer-1", "participant-900", "partner", "operator"] {
                #expect(try await api.send(.post, Self.path, as: role, json: Self.body()).status == 403, "\(role)")
            }
            let unknown = "/v1/participants/\(ParticipantID.number(77))/progress-reports"
            #expect(try await api.send(.post, unknown, json: Self.body()).status == 404)
            #expect(try await api.send(.post, Self.path, as: "supervisor@south", json: Self.body()).status == 404)
            let research = try await api.send(.post, Self.path, json: Self.body(for: "HRESCH"))
            #expect(research.status == 422 && research.pointers == ["/purpose"])
            #expect(try await api.send(.post, Self.path, json: Self.body()).status == 200)
            try await api.fixture.work { work in
                let event = RestrictionChanged(
                    restrictionID: .number(60), participantID: .number(900), version: 1,
                    recipientKind: .known(.organisation), recipient: PartnerID.number(3).description, classes: [],
                    purposes: [], endedAt: nil, changedAt: .noon)
                try await RestrictionTerms.save(event, in: work.transaction, of: work.agencyID)
            }
            #expect(try await api.send(.post, Self.path, json: Self.body()).status == 403)
            #expect(try await Self.reasons(api).last == "restriction TREAT")
        }
    }

    @Test("an agency whose law asks for no consent tells for care whom a consent in force names, and nobody else")
    func otherLaw() async throws {
        try await Self.withParticipant(isPart2Program: false) { api in
            #expect(try await api.send(.post, Self.path, json: Self.body()).status == 403)
            try await Self.know(.fixture(), api)
            let answer = try await api.send(.post, Self.path, json: Self.body())
            #expect(answer.status == 200)
            #expect(try answer.json(Seen.self).document.consent == nil)
            #expect(try await api.fixture.published(DisclosureMade.self).map(\.consentID) == [nil])
            try await Self.know(.fixture(version: 2, revokedAt: .noon), api)
            #expect(try await api.send(.post, Self.path, json: Self.body()).status == 403)
        }
    }
}

extension ConsentChanged {
    /// A consent to the organisation 3 about contacts and assessments, in force for treatment.
    static func fixture(
        _ consent: UInt32 = 50, participant: UInt32 = 900, version: Int = 1, to partner: UInt32 = 3,
        recipient: Carried<RecipientKind> = .known(.organisation), kind organisation: String = "provider",
        purposes: [PurposeOfUse] = [.treatment], classes: [DataClass] = [.contact, .assessment],
        of kind: Carried<ConsentKind> = .known(.disclosure), signedAt: Instant = .noon - .seconds(3600),
        expiresAt: Instant? = nil, revokedAt: Instant? = nil, isDeficient: Bool = false
    ) -> ConsentChanged {
        ConsentChanged(
            consentID: .number(consent), participantID: .number(participant), version: version, kind: kind,
            recipientKind: recipient, recipientID: .number(partner), organisationKind: organisation,
            purposes: purposes.map { .known($0) }, classes: classes.map { .known($0) }, signedAt: signedAt,
            expiresAt: expiresAt, revokedAt: revokedAt, isDeficient: isDeficient, changedAt: signedAt)
    }

    static func fixture(
        _ consent: UInt32, to partner: UInt32, kind organisation: String, purposes: [PurposeOfUse],
        classes: [DataClass], of kind: ConsentKind
    ) -> ConsentChanged {
        fixture(
            consent, to: partner, kind: organisation, purposes: purposes, classes: classes, of: .known(kind))
    }
}
