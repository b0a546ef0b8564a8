import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import MessageTable
import Models
import NIOCore
import Postgres
import ReferralsDomain
import TestKit
import Testing

@testable import MessageTable
@testable import Referrals

/// Webhooks as they really go out: queued in PostgreSQL, sent over TLS, received by a server that knows only the
/// Standard Webhooks specification and the secret that the agency was told.
@Suite("Webhooks over HTTPS")
struct WebhookDeliveryTests {
    private static func sender(_ referring: Referring, _ poster: HTTPPoster) -> DeliverySender {
        let webhooks = WebhookSender(
            pool: referring.pool, store: referring.store, clock: referring.clock.wall, post: poster.post
        )
        return DeliverySender(
            pool: referring.workers, clock: referring.clock.wall, logger: .silent, send: webhooks.send)
    }

    /// A referral of a hospital with a webhook, moved on so that there is something to tell.
    private static func moved(_ referring: Referring, url: String) async throws -> (taken: TakenIn, secret: String) {
        let id = referring.store.ids.new(PartnerID.self)
        let secret = try await referring.work { work in
            try await referring.store.add(
                Partner(partnerID: id, name: "\(id)", kind: .hospital, intakePolicy: .auto, webhookURL: url), in: work
            )
        }
        var intake = Intake.emergency(of: PersonIdentity(), from: id)
        let now = referring.clock.now
        intake.consents = [
            ConsentDraft { consentID, participantID in
                Consent(
                    consentID: consentID, participantID: participantID, discloser: "Agency", information: [.referral],
                    recipient: .partner(id), purpose: .treatment, explainsRevocation: true, expiry: .none,
                    signature: .init(signer: .participant, method: .paper), signedAt: now, warnsOfRedisclosure: false
                )
            }
        ]
        let order = intake
        let taken = try await referring.work { try await referring.store.takeIn(order, in: $0) }
        try await referring.work { work in
            try await referring.store.report(on: taken.stored.referral.engagementID ?? .fixed(0), in: work) { current in
                current.matched(
                    with: .fixed(5), in: .dispatch, by: .init(.performer, "peer-matching"), at: work.now
                )
            }
        }
        return (taken, "whsec_" + Data(try #require(secret)).base64EncodedString())
    }

    private static func states(_ referring: Referring) async throws -> [String] {
        try await referring.look(
            Statement(
                "test.states",
                "select state || coalesce(' ' || error, '') from message_table.delivery order by 1"
            ), as: String.self
        )
    }

    /// As the specification says: base64 of HMAC-SHA-256 over `id.timestamp.body`, keyed with the secret behind `whsec_`.
    private static func isSigned(_ received: WebhookReceiver.Received, with secret: String) throws -> Bool {
        let id = try #require(received["webhook-id"])
        let timestamp = try #require(received["webhook-timestamp"])
        let signature = try #require(received["webhook-signature"])
        let key = SymmetricKey(data: try #require(Data(base64Encoded: String(secret.dropFirst("whsec_".count)))))
        return try signature.split(separator: " ").contains { part in
            guard part.hasPrefix("v1,") else { return false }
            let code = try #require(Data(base64Encoded: String(part.dropFirst(3))))
            return HMAC<SHA256>.isValidAuthenticationCode(
                code, authenticating: Data("\(id).\(timestamp).".utf8) + Data(received.body), using: key
            )
        }
    }

    @Test("a webhook arrives over TLS, signed, with ids only; after a 500 the same is sent again under the same id")
    func arrives() async throws {
        try await Referring.with { referring in
            let answers = Answers([.internalServerError, .ok])
            try await WebhookReceiver.with({ _ in await answers.next() }) { receiver in
                let (taken, secret) = try await Self.moved(referring, url: receiver.url("/hooks"))
                let sender = Self.sender(referring, receiver.poster())
                #expect(try await sender.turn() == 1)
                #expect(try await Self.states(referring) == ["ready status 500"])
                #expect(try await sender.turn() == 0, "not before its time")
                referring.clock.advance(by: .seconds(80))
                #expect(try await sender.turn() == 1)
                #expect(try await Self.states(referring) == ["sent"])
                let received = await receiver.log.all
                #expect(received.map(\.path) == ["/hooks", "/hooks"])
                #expect(received[0]["webhook-id"] == received[1]["webhook-id"])
                #expect(received[0]["webhook-timestamp"] != received[1]["webhook-timestamp"], "the time of the attempt")
                let ids = try #require(taken.senderIDs)
                for one in received {
                    #expect(try Self.isSigned(one, with: secret))
                    #expect(
                        try !Self.isSigned(one, with: "whsec_" + Data(repeating: 1, count: 32).base64EncodedString()))
                    #expect(one["content-type"] == "application/json")
                    let body = try #require(try JSONSerialization.jsonObject(with: Data(one.body)) as? [String: Any])
                    #expect(Set(body.keys) == ["type", "timestamp", "data"])
                    #expect(body["type"] as? String == "task.changed")
                    let content = try #require(body["data"] as? [String: Any])
                    #expect(Set(content.keys) == ["taskID", "referralID", "version"])
                    #expect(content["taskID"] as? String == ids.taskID.uuidString.lowercased())
                    #expect(content["referralID"] as? String == ids.referralID.uuidString.lowercased())
                }
            }
        }
    }

    @Test("the privacy office is told of an emergency over TLS, signed, and of nobody's name or id")
    func emergency() async throws {
        try await Referring.with { referring in
            try await WebhookReceiver.with({ _ in HTTPResponse(status: .ok) }) { receiver in
                let hospital = try await referring.hospital("Mercy")
                let (id, _) = try await referring.withConsent(from: hospital)
                let url = receiver.url("/privacy")
                let secret = try await referring.work {
                    try await referring.store.save(.privacyOffice, at: url, in: $0)
                }
                let declared = EmergencyDeclaration(
                    recipientName: "Dr. Ada Byron", recipientAffiliation: "Mercy", disclosedBy: "client",
                    declaredAt: referring.clock.now, nature: "found unresponsive")
                let emergency: EmergencyID = referring.store.ids.new()
                try await referring.work { work in
                    let participant = try await referring.store.lockPerson(id, in: work).remaining
                    try await referring.store.declare(emergency, declared, about: participant, by: hospital, in: work)
                }
                let sender = Self.sender(referring, receiver.poster())
                while try await sender.turn() > 0 {}
                let received = await receiver.log.all.filter { $0.path == "/privacy" }
                let one = try #require(received.first)
                #expect(received.count == 1)
                #expect(try Self.isSigned(one, with: "whsec_" + Data(secret).base64EncodedString()))
                let text = String(decoding: one.body, as: UTF8.self)
                #expect(text.contains(emergency.description))
                for word in [id.description, "Quixote", "Byron", "unresponsive"] { #expect(!text.contains(word)) }
            }
        }
    }

    @Test("the duty desk is told over TLS, signed, which referral waits too long; of one that has moved on it is not")
    func overdue() async throws {
        try await Referring.with { referring in
            try await WebhookReceiver.with({ _ in HTTPResponse(status: .ok) }) { receiver in
                let hospital = try await referring.hospital("Mercy")
                let url = receiver.url("/duty")
                let secret = try await referring.work { try await referring.store.save(.duty, at: url, in: $0) }
                let taken = try await referring.work {
                    try await referring.store.takeIn(.emergency(of: .jane, from: hospital), in: $0)
                }
                let referral = taken.stored.referral
                let due = ReferralFellDue(
                    referralID: referral.referralID, step: "peer", since: referral.changedAt, reminder: 0)
                referring.clock.advance(by: .seconds(600))
                try await referring.work { try await referring.store.handle(due, in: $0) }
                let sender = Self.sender(referring, receiver.poster())
                #expect(try await sender.turn() == 1)
                let one = try #require(await receiver.log.all.first { $0.path == "/duty" })
                #expect(try Self.isSigned(one, with: "whsec_" + Data(secret).base64EncodedString()))
                let body = try #require(try JSONSerialization.jsonObject(with: Data(one.body)) as? [String: Any])
                #expect(body["type"] as? String == "referral.overdue")
                let content = try #require(body["data"] as? [String: Any])
                #expect(Set(content.keys) == ["referralID", "awaits", "since", "reminder", "isForSupervisors"])
                #expect(content["referralID"] as? String == referral.referralID.description)
                #expect(content["awaits"] as? String == "peer" && content["reminder"] as? Int == 1)

                var again = due
                again.reminder = 1
                let next = again
                try await referring.work { try await referring.store.handle(next, in: $0) }
                try await referring.moveOn()
                while try await sender.turn() > 0 {}
                #expect(await receiver.log.all.filter { $0.path == "/duty" }.count == 1)
                #expect(try await Self.states(referring).contains("withdrawn not to be disclosed any more"))
            }
        }
    }

    @Test("410 ends it, and a revoked consent lets nothing out")
    func ends() async throws {
        try await Referring.with { referring in
            try await WebhookReceiver.with({ _ in HTTPResponse(status: .gone) }) { receiver in
                let (taken, _) = try await Self.moved(referring, url: receiver.url("/hooks"))
                let sender = Self.sender(referring, receiver.poster())
                _ = try await sender.turn()
                #expect(try await Self.states(referring) == ["withdrawn gone"])
                try await referring.fixture(
                    "update message_table.delivery set state = 'ready', error = null, next_at = next_at - interval '1 day'"
                )
                let participantID = taken.stored.referral.participantID
                _ = try await referring.work { work in
                    let person = try await referring.store.lockPerson(participantID, in: work)
                    return try await referring.store.revoke(
                        try #require(taken.consentIDs.first), of: person, by: "coordinator", in: work)
                }
                _ = try await sender.turn()
                #expect(try await Self.states(referring) == ["withdrawn not to be disclosed any more"])
                #expect(await receiver.log.all.count == 1)
            }
        }
    }

    @Test("a receiver that hangs holds up nobody else, and is given up after the time-out")
    func hangs() async throws {
        try await Referring.with { referring in
            let (others, arrived) = AsyncStream.makeStream(of: Void.self)
            let (ending, ended) = AsyncStream.makeStream(of: Void.self)
            // `/slow` answers only once `/other` has had its webhook, `/never` not before the test is over.
            let handler: WebhookReceiver.Handler = { received in
                switch received.path {
                case "/slow": for await _ in others { break }
                case "/never": for await _ in ending { break }
                default: arrived.finish()
                }
                return HTTPResponse(status: .ok)
            }
            try await WebhookReceiver.with(handler) { receiver in
                for path in ["/slow", "/other"] { _ = try await Self.moved(referring, url: receiver.url(path)) }
                #expect(try await Self.sender(referring, receiver.poster()).turn() == 2)
                #expect(try await Self.states(referring) == ["sent", "sent"])
                _ = try await Self.moved(referring, url: receiver.url("/never"))
                let poster = receiver.poster(timeout: .milliseconds(300))
                #expect(try await Self.sender(referring, poster).turn() == 1)
                #expect(try await Self.states(referring) == ["ready no answer", "sent", "sent"])
                ended.finish()
            }
        }
    }

    @Test("a receiver that wants to be waited for less is")
    func patience() async throws {
        let (ending, ended) = AsyncStream.makeStream(of: Void.self)
        let handler: WebhookReceiver.Handler = { _ in
            for await _ in ending { break }
            return HTTPResponse(status: .ok)
        }
        try await WebhookReceiver.with(handler) { receiver in
            var request = Self.request(receiver.url("/never"))
            request.patience = 1
            let began = ContinuousClock.now
            #expect(await receiver.poster(timeout: .seconds(60)).post(request) == nil)
            #expect(ContinuousClock.now - began < .seconds(30))
            ended.finish()
        }
    }

    private static func request(_ url: String) -> WebhookRequest {
        WebhookRequest(url: url, headers: [:], body: Array("{}".utf8))
    }

    @Test(
        "outside HANDRAIL_ENV=local nothing is sent inward, whatever the name leads to",
        arguments: [
            ["127.0.0.1"], ["::1"], ["10.0.0.8"], ["169.254.169.254"], ["::ffff:127.0.0.1"], ["fd00::1"], ["0.0.0.0"],
            ["93.184.215.14", "127.0.0.1"], [],
        ]
    )
    func inward(_ addresses: [String]) async throws {
        try await WebhookReceiver.with({ _ in HTTPResponse(status: .ok) }) { receiver in
            let poster = receiver.poster(allowsLocal: false, resolving: addresses)
            #expect(await poster.post(Self.request(receiver.url("/hooks"))) == nil)
            #expect(await receiver.log.all.isEmpty)
        }
    }

    @Test("a redirect is not followed", arguments: [301, 302, 303, 307, 308])
    func redirect(_ code: Int) async throws {
        let handler: WebhookReceiver.Handler = { received in
            HTTPResponse(status: .init(code: code), headerFields: [.location: "/inside"])
        }
        try await WebhookReceiver.with(handler) { receiver in
            #expect(await receiver.poster().post(Self.request(receiver.url("/hooks"))) == code)
            #expect(await receiver.log.all.map(\.path) == ["/hooks"])
        }
    }

    @Test("nothing is said to a server that cannot show whose it is", arguments: [true, false])
    func certificates(isTrusted: Bool) async throws {
        let host = isTrusted ? "elsewhere.example" : WebhookReceiver.host
        try await WebhookReceiver.with(host: host, trusted: isTrusted, { _ in HTTPResponse(status: .ok) }) { receiver in
            #expect(await receiver.poster(timeout: .seconds(2)).post(Self.request(receiver.url("/hooks"))) == nil)
            #expect(await receiver.log.all.isEmpty)
        }
    }

    @Test("the system's resolver leads names and numbers of this host inward", arguments: ["localhost", "2130706433"])
    func systemResolver(_ host: String) async throws {
        let poster = HTTPPoster(allowsLocal: false, logger: .silent)
        #expect(await poster.post(Self.request("https://\(host)/hooks")) == nil)
        let addresses = try await HostResolver.system.addresses(host)
        #expect(!addresses.isEmpty && addresses.allSatisfy(InwardAddress.contains))
    }
}

extension DeliverySender {
    /// Sends the first delivery of each partner that is due; returns how many there were.
    fileprivate func turn() async throws -> Int {
        let claimed = try await claim(10, probes: 10)
        await withTaskGroup(of: Void.self) { group in
            for one in claimed { group.addTask { await carryOut(one) } }
        }
        return claimed.count
    }
}

/// Answers in turn.
private actor Answers {
    private var statuses: [HTTPResponse.Status]

    init(_ statuses: [HTTPResponse.Status]) { self.statuses = statuses }

    func next() -> HTTPResponse {
        HTTPResponse(status: statuses.isEmpty ? .ok : statuses.removeFirst())
    }
}
