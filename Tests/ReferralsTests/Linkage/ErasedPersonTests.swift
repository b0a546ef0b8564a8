import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import Models
import Postgres
import ReferralsDomain
import Testing

@testable import Referrals

@Suite("What people need and get, once they are erased")
struct ErasedPersonTests {
    private static func erase(_ id: ParticipantID, _ referring: Referring) async throws {
        try await referring.work { work in
            let person = try await referring.store.lockPerson(id, in: work)
            try await referring.store.erase(person, by: "privacy-officer", in: work)
        }
    }

    @Test("nothing more is written down of them, also where it has no words; money that is out can still be settled")
    func refused() async throws {
        try await Referring.with { referring in
            let id = try await referring.participant()
            let (need, other) = (
                try await referring.need("phone", of: id), try await referring.need("housing", of: id)
            )
            let linkage = try await referring.offer("phone", for: need)
            let fund = try await referring.fund(1000)
            let spending = try await referring.reserve(400, of: fund, for: id)
            try await referring.fixture("update referral.engagement set closed_at = now()")
            try await referring.calling { client in
                let participant = "/v1/participants/\(id)"
                let covered = try await client.call(
                    .post, "\(participant)/coverages", #"{"programme": "snap", "from": "2026-01-01"}"#)
                let coverage = "/v1/coverages/\(try #require(try covered["coverageID"]))"
                try await Self.erase(id, referring)
                let spend = #"{"fundID": "\#(fund)", "kind": "food", "form": "money", "amountCents": 1}"#
                let kit = """
                    {"givenOn": "2026-11-20", "product": "nasal-4mg", "refill": "first", "recipient": "participant",
                     "participantID": "\(id)"}
                    """
                let reversal = """
                    {"happenedOn": "2026-11-20", "place": "home", "doses": 1, "givenBy": "peer",
                     "participantID": "\(id)"}
                    """
                let asked: [(String, String)] = [
                    ("\(participant)/needs", #"{"kind": "phone"}"#),
                    ("/v1/needs/\(need)/close", #"{"outcome": "not-met"}"#),
                    ("/v1/needs/\(other)/linkages", #"{"service": "housing", "level": 1}"#),
                    ("/v1/linkages/\(linkage)/contact", "{}"), ("/v1/linkages/\(linkage)/attend", "{}"),
                    ("\(participant)/coverages", #"{"programme": "medicaid", "from": "2026-01-01"}"#),
                    ("\(coverage)/end", #"{"through": "2026-06-30"}"#), ("\(participant)/spendings", spend),
                    ("/v1/naloxone/kits", kit), ("/v1/naloxone/reversals", reversal),
                ]
                for (path, json) in asked {
                    let answer = try await client.call(.post, path, ifMatch: 1, json)
                    #expect(
                        answer.status == 409 && answer.text.contains("participant-erased"), "\(path): \(answer.text)")
                }
                let released = try await client.call(.post, "/v1/spendings/\(spending)/release", ifMatch: 1, "{}")
                #expect(released.status == 200, "\(released.text)")
            }
            #expect(try await referring.committed(fund) == 0)
        }
    }

    @Test("whoever is quicker, admissions or the erasure, nobody is left to be asked", arguments: 1...3)
    func race(_ round: Int) async throws {
        try await Referring.with { referring in
            let id = try await referring.participant()
            let need = try await referring.need("treatment", of: id)
            var linkages: [LinkageID] = []
            for _ in 0..<6 { linkages.append(try await referring.offer("outpatient", for: need)) }
            let all = linkages
            try await referring.fixture("update referral.engagement set closed_at = now()")
            try await referring.calling { client in
                let statuses = try await withThrowingTaskGroup(of: Int?.self) { group in
                    for (place, linkage) in all.enumerated() {
                        if place == all.count / 2 {
                            group.addTask {
                                try await Self.erase(id, referring)
                                return nil
                            }
                        }
                        group.addTask {
                            try await client.call(.post, "/v1/linkages/\(linkage)/admit", ifMatch: 1, "{}").status
                        }
                    }
                    return try await group.reduce(into: [Int]()) { all, status in
                        if let status { all.append(status) }
                    }
                }
                #expect(statuses.count == all.count && Set(statuses).isSubset(of: [200, 409]), "\(statuses)")
            }
            let waiting = Statement(
                "test.waiting", "select count(*)::bigint from referral.linkage_check where answer is null")
            #expect(try await referring.look(waiting, as: Int.self) == [0])
        }
    }
}
