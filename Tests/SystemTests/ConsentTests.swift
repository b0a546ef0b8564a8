import Foundation
import JSON
import Models
import Postgres
import TestKit
import Testing

@testable import Operator

/// A consent, from its signature to its revocation, through the running suite: who outside is told, and when no longer.
@Suite(.serialized) struct ConsentTests {
    /// Somebody who has been referred, and an organisation that may want to know how they are.
    private struct Scene: Sendable {
        let suite: RunningSuite
        let journey: Journey
        let coordinator: String
        let privacyOffice: String
        let participant: String
        let clinic: String

        init(_ suite: RunningSuite) async throws {
            self.suite = suite
            journey = try await suite.journey()
            try await journey.play()
            coordinator = try await journey.staffToken("coordinator")
            privacyOffice = try await journey.staffToken("privacy-officer")
            let found = try await Caller().send(
                "GET", "\(suite.addresses.referrals)/v1/referrals", token: coordinator)
            participant = try #require(found.body[["items", 0, "participantID"]]?.string)
            let made = try await Caller().send(
                "POST", "\(suite.addresses.referrals)/v1/partners", token: try await journey.staffToken("operator"),
                ["name": "Clinic", "kind": "clinic", "intakePolicy": "review"])
            clinic = try #require(made.body[["partnerID"]]?.string)
        }

        private var person: String { "\(suite.addresses.referrals)/v1/participants/\(participant)" }

        /// Records a consent that names the clinic; returns its id.
        func consent() async throws -> String {
            let answer = try await Caller().send(
                "POST", "\(person)/consents", token: coordinator,
                [
                    "discloser": "Agency", "information": ["contact", "assessment"],
                    "recipient": ["kind": "partner", "partnerID": .string(clinic)], "purpose": "treatment",
                    "explainsRevocation": true, "signedBy": "participant", "signatureMethod": "paper",
                    "signedAt": .string(
                        Instant(microseconds: journey.clock.now().microseconds - 60_000_000).description),
                ])
            return try #require(answer.body[["consentID"]]?.string)
        }

        func revoke(_ consent: String) async throws {
            _ = try await Caller().send("POST", "\(person)/consents/\(consent)/revoke", token: coordinator)
        }

        /// Asks for a report to the clinic.
        func report() async throws -> Caller.Answer {
            try await Caller(attempts: 1).send(
                "POST", "\(suite.addresses.outcomes)/v1/participants/\(participant)/progress-reports",
                token: coordinator, ["recipientID": .string(clinic), "purpose": "TREAT"],
                expecting: [200, 403])
        }

        /// Asks until the answer is this one; returns how long that took, and the answer.
        func untilReport(is status: Int) async throws -> (took: Duration, answer: Caller.Answer) {
            let start = ContinuousClock.now
            while true {
                let answer = try await report()
                let took = ContinuousClock.now - start
                if answer.status == status { return (took, answer) }
                guard took < .seconds(30) else { throw Journey.Stuck(waitingFor: "a report to be \(status)") }
                try await Task.sleep(for: .milliseconds(5))
            }
        }

        func disclosures() async throws -> [JSONValue] {
            try await Caller().send("GET", "\(person)/disclosures", token: privacyOffice).body[["items"]]?.items ?? []
        }

        /// How long after the revocation a report was still told, in milliseconds: by when it was decided, not by when its answer
        /// came, which depends on what else the machine does. Negative where none was.
        func toldAfterRevocation(of consent: String) async throws -> Int {
            try await suite.database.withPool { pool in
                try await pool.query(ConsentTests.toldAfterRevocation, consent)[0].decode(Int.self)
            }
        }

        /// Why reports were refused.
        func reasons() async throws -> Set<String> {
            try await suite.database.withPool { pool in
                Set(try await pool.query(ConsentTests.reasons).map { try $0.decode(String.self) })
            }
        }
    }

    private static let toldAfterRevocation = Statement(
        "test.told_after_revocation",
        """
        select (extract(epoch from max(report.told_at) - consent.revoked_at) * 1000)::bigint
        from referral.consent
        cross join outcome.progress_report as report
        where consent.consent_id = $1::text::uuid
        group by consent.revoked_at
        """)

    private static let reasons = Statement(
        "test.reasons",
        """
        select reason
        from outcome.audit_event
        where operation_id = 'createProgressReport' and decision = 'deny'
        """)

    @Test("a revocation ends reports within five seconds, and what was told before is in the person's accounting")
    func revoked() async throws {
        try await RunningSuite.with { suite in
            let scene = try await Scene(suite)
            #expect(try await scene.report().status == 403, "nobody consented")
            let consent = try await scene.consent()
            let known = try await scene.untilReport(is: 200)
            let report = known.answer.body
            #expect(report[["document", "scores", 0, "value"]]?.integer != nil)
            #expect(report[["document", "notice", "text"]]?.string?.contains("42 CFR part 2") == true)
            #expect(report[["document", "referrals"]] == nil, "the consent is not about referrals")
            let disclosure = try #require(report[["disclosureID"]]?.string)

            try await scene.revoke(consent)
            let denied = try await scene.untilReport(is: 403)
            print("a consent was known after \(known.took), a revocation after \(denied.took)")
            #expect(try await scene.toldAfterRevocation(of: consent) < 5000)
            try await scene.journey.eventually("the accounting") {
                try await scene.disclosures().contains { $0["disclosureID"]?.string == disclosure }
            }
            let row = try #require(
                try await scene.disclosures().first { $0["disclosureID"]?.string == disclosure })
            #expect(row["consentID"]?.string == consent && row["organisation"]?.string == "Clinic")
            #expect(row["purpose"]?.string == "TREAT" && row["noticeVersion"]?.string != nil)
            #expect(row["classes"]?.items.compactMap(\.string) == ["assessment", "contact", "presence"])
        }
    }

    @Test("a revocation ends reports within five seconds also where news of it does not get through")
    func stuck() async throws {
        try await RunningSuite.with { suite in
            let scene = try await Scene(suite)
            let consent = try await scene.consent()
            _ = try await scene.untilReport(is: 200)
            try await suite.database.withPool { pool in
                // Nobody's work is acknowledged any more: consumers hang, and the APIs go on.
                try await pool.withTransaction { transaction in
                    try await transaction.execute(Self.holdUp)
                    try await scene.revoke(consent)
                    let denied = try await scene.untilReport(is: 403)
                    print("a revocation that did not get through was effective after \(denied.took)")
                    #expect(denied.took > .seconds(1), "it did get through")
                }
            }
            #expect(try await scene.toldAfterRevocation(of: consent) < 5000)
            #expect(try await scene.reasons().contains("consent-unknown"))
            // Then it is known, and the reason is the consent.
            _ = try await scene.consent()
            _ = try await scene.untilReport(is: 200)
        }
    }

    private static let holdUp = Statement("test.hold_up", "lock table message_table.checkpoint in exclusive mode")

    @Test("news of a consent that cannot be handled ends reports about its participant")
    func parked() async throws {
        try await RunningSuite.with { suite in
            let scene = try await Scene(suite)
            let consent = try await scene.consent()
            _ = try await scene.untilReport(is: 200)
            try await suite.database.withPool { pool in
                _ = try await pool.query(Self.unreadable, consent, suite.agency, scene.participant)
            }
            let denied = try await scene.untilReport(is: 403)
            print("news that could not be handled was effective after \(denied.took)")
            #expect(try await scene.reasons().contains("consent-unknown"))
        }
    }

    private static let unreadable = Statement(
        "test.unreadable",
        """
        insert into message_table.message (topic, key, version, agency_id, payload)
        values ('consent.changed.v2', $1, 2, $2, jsonb_build_object('participantID', $3::text))
        """)
}
