import HTTPTypes
import JSON
import MessageTable
import Models
import Postgres
import ReferralsDomain
import TestKit
import Testing

@testable import MessageTable
@testable import Referrals

/// Tasks that stay on the hospital's own server: the agency comes and works there (Gravity's direct-light mode).
@Suite("Working at a hospital's server") struct OutsideTaskTests {
    private struct Ward: Sendable {
        let referring: Referring
        let hospital: PartnerID
        let server = HospitalServer()

        /// Sends what is due, until nothing is.
        func work() async throws {
            let worker = OutsideWorker(
                pool: referring.pool, store: referring.store, clock: referring.clock.wall, exchange: server.exchange)
            let sender = DeliverySender(
                pool: referring.workers, clock: referring.clock.wall, logger: .silent,
                send: { attempt in
                    guard let kind = OutsideWord.Kind(rawValue: attempt.kind) else { return .withdrawn("another's") }
                    return await worker.send(attempt, kind)
                })
            while true {
                let claimed = try await sender.claim(10, probes: 10)
                if claimed.isEmpty { return }
                for one in claimed { await sender.carryOut(one) }
            }
        }

        func settings(_ more: String = "", ifMatch: Int? = nil) async throws -> Answer {
            try await referring.calling { client in
                try await client.call(
                    .put, "/v1/partners/\(hospital)/server", as: "operator", ifMatch: ifMatch,
                    #"{"baseURL":"\#(HospitalServer.base)","clientID":"agency","taskOwner":"\#(HospitalServer.owner)"\#(more)}"#
                )
            }
        }

        /// A referral as the hospital keeps it.
        func refer(_ number: Int, name: String? = nil) {
            server.put(
                "Patient/p\(number)",
                [
                    "name": [["family": .string(name ?? "Example\(number)"), "given": ["Robin"]]],
                    "birthDate": .string("1990-01-0\(number)"),
                ])
            server.put(
                "ServiceRequest/s\(number)",
                [
                    "status": "active", "intent": "order", "subject": ["reference": .string("Patient/p\(number)")],
                    "code": ["coding": [["system": "http://snomed.info/sct", "code": "461481000124109"]]],
                    "priority": "asap",
                ])
            server.put(
                "Task/t\(number)",
                [
                    "status": "requested", "intent": "order", "owner": ["reference": .string(HospitalServer.owner)],
                    "focus": ["reference": .string("ServiceRequest/s\(number)")],
                    "for": ["reference": .string("Patient/p\(number)")],
                    "extension": [["url": "https://hospital.example/own", "valueString": "kept"]],
                ])
        }

        func statuses() async throws -> [String] {
            try await referring.look(
                Statement("test.statuses", "select status from referral.referral order by referral_id"),
                as: String.self)
        }
    }

    private static func with(_ body: @escaping @Sendable (Ward) async throws -> Void) async throws {
        try await Referring.with { referring in
            try await body(Ward(referring: referring, hospital: try await referring.hospital("General Hospital")))
        }
    }

    @Test("a Task for the agency becomes a referral once, and how it stands is written there; the rest of it stays")
    func taken() async throws {
        try await Self.with { ward in
            ward.refer(1)
            ward.server.put(
                "Task/other", ["status": "requested", "intent": "order", "owner": ["reference": "Organization/2"]])
            #expect(try await ward.settings().status == 200)
            try await ward.work()
            #expect(try await ward.statuses() == ["accepted"])
            #expect(ward.server.writes == ["Task/t1 accepted"])
            let task = try #require(ward.server["Task/t1"])
            #expect(task[["businessStatus", "coding", 0, "code"]] == "3.0")
            #expect(
                task[["extension", 0, "valueString"]] == "kept"
                    && task[["owner", "reference"]]?.string == HospitalServer.owner)
            #expect(task[["note"]] == nil, "nobody consented that the hospital learns more")
            ward.referring.clock.advance(by: .seconds(121))
            try await ward.work()
            #expect(try await ward.statuses().count == 1 && ward.server.writes.count == 1, "seen again, it is the same")
            ward.refer(2)
            try await ward.work()
            #expect(try await ward.statuses().count == 1, "not before its time")
            ward.referring.clock.advance(by: .seconds(121))
            try await ward.work()
            #expect(try await ward.statuses().count == 2)
        }
    }

    @Test(
        "with a consent the hospital's Task follows the work, with the notice; somebody else's write in between is not lost"
    )
    func followed() async throws {
        try await Self.with { ward in
            ward.refer(1)
            _ = try await ward.settings()
            try await ward.work()
            let id = try #require(
                try await ward.referring.look(
                    Statement("test.person", "select participant_id from referral.referral"), as: ParticipantID.self
                ).first)
            try await ward.referring.work { work in
                let person = try await ward.referring.store.lockPerson(id, in: work)
                let consent = Consent(
                    consentID: ward.referring.store.ids.new(), participantID: id, discloser: "Agency",
                    information: [.referral], recipient: .partner(ward.hospital), purpose: .treatment,
                    explainsRevocation: true, expiry: .none,
                    signature: .init(signer: .participant, method: .paper), signedAt: work.now,
                    warnsOfRedisclosure: true)
                try await ward.referring.store.record(consent, of: person, by: "coordinator", in: work)
            }
            try await ward.referring.moveOn()
            ward.server.contest()
            for _ in 0..<3 {
                try await ward.work()
                ward.referring.clock.advance(by: .seconds(100))
            }
            #expect(ward.server.writes.last == "Task/t1 in-progress", "\(ward.server.writes)")
            let notes = ward.server["Task/t1"]?[["note"]]?.array ?? []
            #expect(notes.count == 1 && notes[0][["text"]]?.string?.contains("42 CFR part 2") == true)
        }
    }

    @Test("what its sender takes back there is taken back here; what cannot be read is rejected there, and says why")
    func takenBack() async throws {
        try await Self.with { ward in
            ward.refer(1)
            ward.refer(2)
            ward.server.put(
                "ServiceRequest/s2",
                [
                    "status": "active", "intent": "order",
                    "subject": ["reference": "https://elsewhere.example/Patient/9"],
                ])
            _ = try await ward.settings()
            try await ward.work()
            #expect(try await ward.statuses() == ["accepted"])
            #expect(ward.server["Task/t2"]?[["status"]] == "rejected")
            #expect(ward.server["Task/t2"]?[["statusReason", "text"]]?.string?.contains("same server") == true)
            var task = try #require(ward.server["Task/t1"])
            (task[["status"]], task[["statusReason"]]) = ("cancelled", ["text": "Went home."])
            ward.server.put("Task/t1", task)
            ward.referring.clock.advance(by: .seconds(121))
            try await ward.work()
            #expect(try await ward.statuses() == ["cancelled"])
            #expect(
                ward.server["Task/t1"]?[["statusReason", "text"]] == "Went home.", "what has ended there is not written"
            )
        }
    }

    @Test(
        "a server that is away for a day is looked at again; other settings end what was queued under the earlier ones")
    func away() async throws {
        try await Self.with { ward in
            ward.server.goAway(true)
            _ = try await ward.settings()
            for _ in 0..<8 {
                try await ward.work()
                ward.referring.clock.advance(by: .seconds(15 * 3600))
            }
            ward.server.goAway(false)
            ward.refer(1)
            for _ in 0..<2 {
                try await ward.work()
                ward.referring.clock.advance(by: .seconds(15 * 3600))
            }
            #expect(try await ward.statuses() == ["accepted"])
            #expect(try await ward.settings(ifMatch: 1).status == 200)
            let waiting = Statement(
                "test.waiting",
                "select count(*) from message_table.delivery where state = 'ready' and kind = 'outside-pull'")
            ward.referring.clock.advance(by: .seconds(121))
            try await ward.work()
            #expect(
                try await ward.referring.look(waiting, as: Int.self) == [1], "one chain of looks, of the new settings")
        }
    }
}
