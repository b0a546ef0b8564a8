internal import FoundationEssentials
internal import Hummingbird
internal import Models
internal import ReferralsDomain
internal import ServiceKit

/// Where the agency's own desks hear that there is something to do.
extension ReferralsAPI {
    func addDesks(to routes: inout Routes) {
        routes.add(
            Route(
                .put, "/v1/privacy-office", "setPrivacyOffice",
                "Say where the privacy office hears of emergencies at once; tells a new secret", access: .operators,
                discloses: [], bodyLimit: 16 * 1024
            )
        ) { try await set(.privacyOffice, $0, $1) }
        routes.add(
            Route(
                .put, "/v1/duty-desk", "setDutyDesk",
                "Say where the duty desk hears of referrals that have waited too long; tells a new secret",
                access: .operators, discloses: [], bodyLimit: 16 * 1024
            )
        ) { try await set(.duty, $0, $1) }
    }

    private func set(_ desk: Desk, _ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await request.decode(DeskBody.self, context: context)
        guard WebAddress.host(of: body.webhookURL, allowsLocal: allowsLocal) != nil else {
            throw Faults([Fault("/webhookURL", "an https address of a named host")])
        }
        return try await inWork(context) { work in
            let secret = try await store.save(desk, at: body.webhookURL, in: work)
            try work.tx.audit(AuditRecord(.update, under: try context.permit()), context)
            return try .ok(DeskView(webhookURL: body.webhookURL, secret: secret))
        }
    }
}

/// `PUT /v1/privacy-office`, `PUT /v1/duty-desk`.
struct DeskBody: Decodable, Sendable {
    /// Where it hears; `https` only.
    var webhookURL: String
}

struct DeskView: Encodable {
    let webhookURL: String
    /// The secret of its webhooks (Standard Webhooks: `whsec_` and base64); told once.
    let webhookSecret: String

    init(webhookURL: String, secret: [UInt8]) {
        self.webhookURL = webhookURL
        webhookSecret = "whsec_" + Data(secret).base64EncodedString()
    }
}
