internal import JSON

/// A JSON Web Signature in compact form (RFC 7515 §7.1), taken apart but not verified.
struct CompactToken: Sendable {
    /// More is no token of ours, and is not even parsed.
    static let longest = 8192

    let algorithm: String
    let keyID: String?
    let type: String?
    let payload: [UInt8]
    let signature: [UInt8]
    /// What the signature is over: header and payload as they were sent.
    let signingInput: [UInt8]

    /// Nil where the text is no compact JWS, or asks for extensions that are not understood here (`crit`, RFC 7515
    /// §4.1.11; `b64`, RFC 7797).
    init?(_ text: some Collection<UInt8>) {
        guard text.count <= Self.longest else { return nil }
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let headerBytes = Base64URL.decode(parts[0]),
            let payload = Base64URL.decode(parts[1]), let signature = Base64URL.decode(parts[2]),
            // SAFETY: why it is not JSON is of no interest.
            let header = try? JSONValue.parse(headerBytes, limits: .strict),
            let members = header.object, members["crit"] == nil, members["b64"] == nil,
            let algorithm = members["alg"]?.string
        else { return nil }
        if let keyID = members["kid"], keyID.string == nil { return nil }
        self.algorithm = algorithm
        keyID = members["kid"]?.string
        type = members["typ"]?.string
        self.payload = payload
        self.signature = signature
        signingInput = Array(parts[0]) + [UInt8(ascii: ".")] + Array(parts[1])
    }
}
