internal import Crypto
internal import FoundationEssentials
internal import Models

/// The signature of a webhook in the form of Standard Webhooks: `v1,` and the base64 of HMAC-SHA-256 over id, time and
/// body. The receiver computes the same, and refuses what is older than a few minutes.
enum WebhookSignature {
    /// - Parameters:
    ///   - id: the same for each attempt, so that the receiver can tell a repetition.
    ///   - instant: when this attempt is made.
    static func of(_ body: [UInt8], id: String, at instant: Instant, secret: [UInt8]) -> String {
        let signed = Array("\(id).\(instant.unixSeconds).".utf8) + body
        let code = HMAC<SHA256>.authenticationCode(for: signed, using: SymmetricKey(data: secret))
        return "v1," + Data(code).base64EncodedString()
    }

    /// The signatures with several secrets, between spaces: while one replaces another, the receiver finds its own.
    static func of(_ body: [UInt8], id: String, at instant: Instant, secrets: [[UInt8]]) -> String {
        secrets.map { of(body, id: id, at: instant, secret: $0) }.joined(separator: " ")
    }
}
