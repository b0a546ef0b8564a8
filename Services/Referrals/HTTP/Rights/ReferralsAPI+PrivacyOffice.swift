internal import FoundationEssentials
internal import Hummingbird
internal import Models
internal import ReferralsDomain
internal import ServiceKit

extension ReferralsAPI {
    func addPrivacyOffice(to routes: inout Routes) {
        routes.add(
            Route(
                .put, "/v1/privacy-office", "setPrivacyOffice",
                "Say where the privacy office hears of emergencies at once; tells a new secret", access: .operators,
                discloses: [], bodyLimit: 16 * 1024
            )
        ) { request, context in
            let body = try await request.decode(PrivacyOfficeBody.self, context: context)
            guard WebAddress.host(of: body.webhookURL, allowsLocal: allowsLocal) != nil else {
                throw Faults([Fault("/webhookURL", "an https address of a named host")])
            }
            return try await inWork(context) { work in
                let secret = try await store.savePrivacyOffice(at: body.webhookURL, in: work)
                try work.tx.audit(AuditRecord(.update, under: try context.permit()), context)
                return try .ok(PrivacyOfficeView(webhookURL: body.webhookURL, secret: secret))
            }
        }
    }
}

/// `PUT /v1/privacy-office`.
struct PrivacyOfficeBody: Decodable, Sendable {
    /// Where emergencies are announced; `https` only.
    var webhookURL: String
}

struct PrivacyOfficeView: Encodable {
    let webhookURL: String
    /// The secret of its webhooks (Standard Webhooks: `whsec_` and base64); told once.
    let webhookSecret: String

    init(webhookURL: String, secret: [UInt8]) {
        self.webhookURL = webhookURL
        webhookSecret = "whsec_" + Data(secret).base64EncodedString()
    }
}
