import Confidentiality
import FHIR
import HTTPTypes
import JSON
import Models
import Postgres
import ReferralsDomain
import TestKit
import Testing

@testable import Referrals

@Suite("A Task's history over FHIR")
struct TaskHistoryTests {
    enum Permission: String, CaseIterable, Sendable {
        case given, none, revoked
    }

    /// Requested by a hospital whose referrals are reviewed, accepted by the agency, taken up by a peer, closed.
    private static func referral(
        _ server: PartnerServer, _ permission: Permission, _ body: (Sender, String) async throws -> Void
    ) async throws {
        let referring = server.referring
        let partnerID = try await referring.hospital("General Hospital", policy: .review)
        let hospital = Sender(server: server, partnerID: partnerID, clientID: "client-of-\(partnerID)")
        let path = try await hospital.refer {
            // An emergency would be accepted at once.
            $0[["entry", 2, "resource", "priority"]] = "routine"
            $0[["entry", 4, "resource", "class", "code"]] = "IMP"
            if permission == .none { $0[["entry", 1, "resource", "provision", "actor"]] = nil }
        }[3]
        let id = try #require(
            try await referring.look(
                Statement("test.referral", "select referral_id from referral.referral"), as: ReferralID.self
            ).first
        )
        let agency = Referral.Actor(.performer, "coordinator")
        referring.clock.advance(by: .seconds(60))
        try await referring.work { work in
            _ = try await referring.store.change(id, in: work) { current, open in
                try current.accept(id, joining: open, by: agency, at: work.now)
            }
        }
        try await referring.moveOn()
        referring.clock.advance(by: .seconds(60))
        try await referring.work { work in
            _ = try await referring.store.change(id, in: work) { current, _ in
                try current.close(id, .needMet, note: nil, by: agency, at: work.now)
            }
        }
        if permission == .revoked {
            referring.clock.advance(by: .seconds(60))
            try await referring.work { work in
                let participantID = try #require(
                    try await referring.store.referral(id, in: work)?.referral.participantID
                )
                let person = try await referring.store.lockPerson(participantID, in: work)
                let consent = try #require(try await referring.store.consents(of: person.ids, in: work).first)
                _ = try await referring.store.revoke(consent.consentID, of: person, by: "coordinator", in: work)
            }
        }
        try await body(hospital, path)
    }

    @Test(
        "the sender reads each version that it may see now, the newest first",
        arguments: [
            (
                Permission.given,
                ["4 completed 7.0", "3 in-progress Service Request Active", "2 accepted 3.0", "1 requested 2.0"]
            ),
            (.none, ["2 accepted 3.0", "1 requested 2.0"]),
            (.revoked, ["5 accepted 3.0", "2 accepted 3.0", "1 requested 2.0"]),
        ]
    )
    func versions(_ permission: Permission, _ expected: [String]) async throws {
        try await PartnerServer.with { server in
            try await Self.referral(server, permission) { hospital, path in
                let answer = try await hospital.get("\(path)/_history")
                #expect(answer.status == .ok)
                #expect(answer.json[["type"]] == "history")
                let entries = answer.json[["entry"]]?.array ?? []
                let seen = entries.map { entry in
                    let business =
                        entry[["resource", "businessStatus", "coding", 0, "code"]]?.string
                        ?? entry[["resource", "businessStatus", "text"]]?.string
                    return [
                        entry[["resource", "meta", "versionId"]]?.string, entry[["resource", "status"]]?.string,
                        business,
                    ].map { $0 ?? "-" }.joined(separator: " ")
                }
                #expect(seen == expected)
                #expect(try await hospital.get(path).json == entries.first?[["resource"]], "the newest is what is read")
                for entry in entries {
                    let version = try #require(entry[["resource", "meta", "versionId"]]?.string)
                    let one = try await hospital.get("\(path)/_history/\(version)")
                    #expect(one.json == entry[["resource"]])
                    #expect(one.headers[.eTag] == "W/\"\(version)\"")
                    #expect(entry[["request", "method"]]?.string == (version == "1" ? "POST" : "PUT"))
                }
                let visible = entries.compactMap { $0[["resource", "meta", "versionId"]]?.string }
                for version in ["0", "1", "2", "3", "4", "5", "6", "-1", "x"] where !visible.contains(version) {
                    #expect(try await hospital.get("\(path)/_history/\(version)").status == .notFound, "\(version)")
                }
                let notes = entries.map { $0[["resource", "note", 0, "text"]]?.string ?? "" }
                #expect(
                    notes.allSatisfy { $0.hasPrefix(RedisclosureNotice.full) == (permission == .given) },
                    "the notice goes with every disclosure"
                )
            }
        }
    }

    @Test("another partner's history is not there, and the reading of one's own is on record")
    func others() async throws {
        try await PartnerServer.with { server in
            try await Self.referral(server, .given) { hospital, path in
                let other = try await server.hospital("Mercy Hospital")
                for place in ["\(path)/_history", "\(path)/_history/1"] {
                    #expect(try await other.get(place).status == .notFound)
                    #expect(try await hospital.get(place).status == .ok)
                    var narrow = hospital
                    narrow.scopes = "system/ServiceRequest.rs"
                    #expect(try await narrow.get(place).status == .forbidden)
                }
                let actions = try await server.referring.look(
                    Statement(
                        "test.audit",
                        """
                        select decision || ' ' || operation_id || ' ' || count(*)
                        from referral.audit_event
                        where operation_id in ('fhirReadTaskHistory', 'fhirReadTaskVersion')
                          and (decision = 'deny' or action = 'disclose')
                        group by decision, operation_id
                        order by 1
                        """
                    ), as: String.self
                )
                #expect(
                    actions == [
                        "allow fhirReadTaskHistory 1", "allow fhirReadTaskVersion 1",
                        "deny fhirReadTaskHistory 2", "deny fhirReadTaskVersion 2",
                    ])
            }
        }
    }
}
