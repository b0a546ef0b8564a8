internal import FoundationEssentials
internal import Hummingbird
internal import Models
internal import ReferralsDomain
internal import ServiceKit

// Where a partner hears that something it sent has changed.
extension ReferralsAPI {
    func addAnnouncing(to routes: inout Routes) {
        let partner = "/v1/partners/{partnerID}"
        routes.add(
            Route(
                .put, "\(partner)/webhook", "setPartnerWebhook",
                "Say where a partner's webhooks go, or that it polls; tells a new secret where there was none",
                access: .operators, discloses: [], bodyLimit: 16 * 1024), setWebhook)
        routes.add(
            Route(
                .post, "\(partner)/webhook/rotate", "rotatePartnerWebhookSecret",
                "Tell a new secret of a partner's webhooks; the one before signs beside it for a day",
                access: .operators, discloses: []), rotateWebhookSecret)
        routes.add(
            Route(
                .put, "\(partner)/mail", "setPartnerMail",
                "Say who at a partner is told by mail that something was updated; an empty list: nobody",
                access: .operators, discloses: [], bodyLimit: 16 * 1024), setMail)
    }

    func setWebhook(_ request: Request, _ context: APIContext) async throws -> Response {
        let version = try request.ifMatch
        let body = try await request.decode(WebhookAddressBody.self, context: context)
        let url = try body.checked(allowsLocal: allowsLocal)
        return try await change(context) { id, work in
            try await store.setWebhook(url, of: id, expecting: version, in: work)
        }
    }

    /// A repetition is refused by the version: the secret is told once.
    func rotateWebhookSecret(_ request: Request, _ context: APIContext) async throws -> Response {
        let version = try request.ifMatch
        return try await change(context) { id, work in
            try await store.rotateWebhookSecret(of: id, expecting: version, in: work)
        }
    }

    func setMail(_ request: Request, _ context: APIContext) async throws -> Response {
        let version = try request.ifMatch
        let addresses = try await request.decode(MailAddressesBody.self, context: context).checked()
        let subject = try context.principal.subject
        return try await change(context) { id, work in
            try await store.setMail(addresses, of: id, expecting: version, by: subject, in: work)
            return nil
        }
    }

    /// The partner after the change, with the secret that it made.
    private func change(
        _ context: APIContext, _ body: @Sendable (PartnerID, Work) async throws -> [UInt8]?
    ) async throws -> Response {
        let id = try context.parameter("partnerID", as: PartnerID.self)
        return try await inWork(context) { work in
            let secret = try await body(id, work)
            guard let partner = try await store.partner(id, in: work) else { throw StoreError(.notFound) }
            try work.tx.audit(AuditRecord(.update, under: try context.permit(), onBehalfOf: id), context)
            let mail = try await store.mailAddresses(of: id, in: work)
            return try .ok(PartnerView(partner, mail: mail, secret: secret), etag: partner.version)
        }
    }
}

/// `PUT /v1/partners/{partnerID}/webhook`.
struct WebhookAddressBody: Decodable, Sendable {
    /// Where changes of its referrals are announced; `https` only. Null says that it polls.
    let webhookURL: String?

    enum CodingKeys: String, CodingKey {
        case webhookURL
    }

    /// What is left out by mistake must not end a webhook: null has to be said.
    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        webhookURL =
            try container.decodeNil(forKey: .webhookURL) ? nil : container.decode(String.self, forKey: .webhookURL)
    }

    func checked(allowsLocal: Bool) throws(Faults) -> String? {
        if let webhookURL, WebAddress.host(of: webhookURL, allowsLocal: allowsLocal) == nil {
            throw Faults([Fault("/webhookURL", "an https address of a named host, or null")])
        }
        return webhookURL
    }
}

/// `PUT /v1/partners/{partnerID}/mail`.
struct MailAddressesBody: Decodable, Sendable {
    let addresses: [String]

    func checked() throws(Faults) -> [MailAddress] {
        guard addresses.count <= 5 else { throw Faults([Fault("/addresses", "at most 5")]) }
        var (found, faults): ([MailAddress], [Fault]) = ([], [])
        for (index, text) in addresses.enumerated() {
            if let address = MailAddress(text), !found.contains(address) {
                found.append(address)
            } else {
                faults.append(Fault("/addresses/\(index)", "an e-mail address, in ASCII, once"))
            }
        }
        try Faults.check(faults)
        return found
    }
}
