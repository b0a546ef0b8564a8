import FHIR
import FoundationEssentials
import HTTPTypes
import HummingbirdTesting
import JSON
import MessageTable
import Models
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import Postgres
import ReferralsDomain
import TestKit
import Testing

@testable import MessageTable
@testable import Referrals

/// Two agencies of one installation: the first sends on, the second takes in by its real FHIR door with real tokens, and knows
/// the first one's public key and nothing else of it.
struct SendingOn: Sendable {
    let referring: Referring
    let second: PartnerServer
    /// The second agency, as the first one knows it.
    let partnerID: PartnerID
    /// The first agency, as the second one knows it.
    let first: PartnerID
    let line: Line
    let referralID: ReferralID
    let participantID: ParticipantID

    /// What goes between the two, and what happens to it on the way.
    final class Line: Sendable {
        enum Mishap: Sendable {
            /// Does not arrive.
            case lostOnTheWay
            /// Arrives, and the answer does not.
            case answerLost
            case status(Int)
        }

        private let state = NIOLockedValueBox((requests: [OutgoingRequest](), mishaps: [Mishap]()))

        var requests: [OutgoingRequest] { state.withLockedValue(\.requests) }
        /// The bundles that were posted.
        var bundles: [OutgoingRequest] { requests.filter { $0.method == .POST && $0.url.hasSuffix("/fhir") } }

        /// For the next requests that are not about tokens.
        func fail(_ mishaps: Mishap...) { state.withLockedValue { $0.mishaps += mishaps } }

        func take(_ request: OutgoingRequest) -> Mishap? {
            state.withLockedValue { state in
                state.requests.append(request)
                guard !request.url.contains("/auth/"), !request.url.contains("/.well-known/"), !state.mishaps.isEmpty
                else { return nil }
                return state.mishaps.removeFirst()
            }
        }
    }

    static func with(
        registered: Bool = true, kind: Partner.Kind = .community,
        _ body: @escaping @Sendable (SendingOn) async throws -> Void
    ) async throws {
        try await PartnerServer.with(realTokens: true) { second in
            let other = second.referring
            let referring = Referring(
                database: other.database, pool: other.pool, workers: other.workers, store: other.store,
                agencyID: AgencyID(rawValue: UUID()), clock: other.clock)
            try await referring.addAgency(referring.agencyID)
            let hospital = try await referring.hospital("General Hospital")
            let taken = try await referring.refer(.jane, from: hospital)
            let first = try await second.referring.hospital("First Agency")
            let sending = SendingOn(
                referring: referring, second: second,
                partnerID: try await referring.hospital("Second Agency", kind: kind), first: first, line: Line(),
                referralID: taken.stored.referral.referralID, participantID: taken.stored.referral.participantID)
            if registered { try await sending.register() }
            try await body(sending)
        }
    }

    /// As the two operators do it: the address, the key to the other side, and the id that it gives.
    func register() async throws {
        let address = "/v1/partners/\(partnerID)/server"
        let base = "\(PartnerServer.publicURL)/fhir"
        try await referring.calling { client in
            let made = try await client.call(.put, address, as: "operator", #"{"baseURL":"\#(base)"}"#)
            #expect(made.status == 200, "\(made.text)")
            let keys = try #require(try made.object()["jwks"]).serialized()
            let clientID = try await second.referring.work { work in
                try await second.referring.store.addClient(
                    of: first, keys: .inline(keys), scopes: ["system/*.cruds"], in: work)
            }
            let known = try await client.call(
                .put, address, as: "operator", ifMatch: 1, #"{"baseURL":"\#(base)/","clientID":"\#(clientID)"}"#)
            #expect(try known.status == 200 && known["clientID"] == clientID)
            #expect(try known.object()["jwks"]?.serialized() == keys, "the key stays")
        }
    }

    /// The person agrees that the second agency is told.
    func consent(_ information: Set<DataClass> = [.presence, .identity, .referral]) async throws -> ConsentID {
        let id = referring.store.ids.new(ConsentID.self)
        try await referring.work { work in
            let person = try await referring.store.lockPerson(participantID, in: work)
            let consent = Consent(
                consentID: id, participantID: participantID, discloser: "First Agency", information: information,
                recipient: .partner(partnerID), purpose: .treatment, explainsRevocation: true, expiry: .none,
                signature: .init(signer: .participant, method: .paper), signedAt: work.now, warnsOfRedisclosure: true)
            try await referring.store.record(consent, of: person, by: "coordinator", in: work)
        }
        return id
    }

    /// Asks for it as a coordinator.
    func ask(_ more: String = "", key: String? = nil) async throws -> Answer {
        try await referring.calling { client in
            try await client.call(
                .post, "/v1/referrals/\(referralID)/onward", key: key, #"{"partnerID":"\#(partnerID)"\#(more)}"#)
        }
    }

    func read(_ location: String?) async throws -> Answer {
        try await referring.calling { try await $0.call(.get, try #require(location)) }
    }

    /// Sends what is due, until nothing is.
    func deliver() async throws {
        let onward = OnwardSender(
            pool: referring.pool, store: referring.store, clock: referring.clock.wall,
            baseURL: "https://first.example/fhir", exchange: exchange)
        let sender = DeliverySender(
            pool: referring.workers, clock: referring.clock.wall, logger: .silent,
            send: { attempt in
                guard let kind = OnwardWord.Kind(rawValue: attempt.kind) else { return .withdrawn("another's") }
                return await onward.send(attempt, kind)
            })
        while true {
            let claimed = try await sender.claim(10, probes: 10)
            if claimed.isEmpty { return }
            for one in claimed { await sender.carryOut(one) }
        }
    }

    private func exchange(_ request: OutgoingRequest) async -> IncomingAnswer? {
        let mishap = line.take(request)
        switch mishap {
        case .lostOnTheWay: return nil
        case .status(let status): return IncomingAnswer(status: status)
        case .answerLost, nil: break
        }
        do {
            var headers = HTTPFields()
            for (name, value) in request.headers {
                headers[try #require(HTTPField.Name(name))] = value
            }
            let answer = try await second.client.executeRequest(
                uri: String(request.url.dropFirst(PartnerServer.publicURL.count)),
                method: try #require(HTTPRequest.Method(rawValue: request.method.rawValue)), headers: headers,
                body: request.body.map { ByteBuffer(bytes: $0) })
            guard mishap == nil else { return nil }
            return IncomingAnswer(
                status: answer.status.code, etag: answer.headers[.eTag], body: Array(buffer: answer.body))
        } catch {
            Issue.record("the second agency's door: \(error)")
            return nil
        }
    }

    /// What the second agency has of it.
    func arrived() async throws -> [String] {
        try await second.referring.look(
            Statement(
                "test.arrived",
                """
                select r.status
                from referral.referral as r
                join referral.partner as p on p.agency_id = r.agency_id and p.partner_id = r.partner_id
                where p.name = 'First Agency'
                order by r.referral_id
                """), as: String.self)
    }

    /// What the first agency's accounting says that the second one was told.
    func accounted() async throws -> [String] {
        try await referring.look(
            Statement(
                "test.accounted",
                """
                select array_to_string(data_classes, ' ') || ' ' || basis || ' ' || operation_id
                from referral.disclosure where recipient_partner_id is not null and operation_id = 'sendReferralOn'
                """), as: String.self)
    }
}
