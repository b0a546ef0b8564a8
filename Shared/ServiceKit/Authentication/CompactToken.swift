public import JSON

/// A JSON Web Signature in compact form (RFC 7515 §7.1), taken apart but not verified.
public struct CompactToken: Hashable, Sendable {
    /// More is no token of ours, and is not even parsed.
    public static let longest = 8192

    /// Why a text is not taken for a token.
    public enum Flaw: Error, Hashable, Sendable {
        /// Not three parts of base64url whose first is a JSON object, or longer than any token is.
        case malformed
        /// The header asks for what is not understood here: `crit` (RFC 7515 §4.1.11) or `b64` (RFC 7797).
        case unknownExtension
    }

    /// The header's members; nothing in them is to be believed before the signature is verified.
    public let header: JSONObject
    /// The payload as it was sent.
    public let payload: [UInt8]
    /// The signature's bytes, in the form of the algorithm.
    public let signature: [UInt8]
    /// What the signature is over: header and payload as they were sent.
    public let signingInput: [UInt8]

    /// Takes the text of a token apart.
    public init(_ text: some Collection<UInt8>) throws(Flaw) {
        guard text.count <= Self.longest else { throw .malformed }
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let headerBytes = Base64URL.decode(parts[0]),
            let payload = Base64URL.decode(parts[1]), let signature = Base64URL.decode(parts[2]),
            // SAFETY: why it is not JSON is of no interest.
            let header = (try? JSONValue.parse(headerBytes, limits: .strict))?.object,
            header["kid"] == nil || header["kid"]?.string != nil
        else { throw .malformed }
        guard header["crit"] == nil, header["b64"] == nil else { throw .unknownExtension }
        self.header = header
        self.payload = payload
        self.signature = signature
        signingInput = Array(parts[0]) + [UInt8(ascii: ".")] + Array(parts[1])
    }

    /// `alg`: what the signer says that it used; the key decides what counts.
    public var algorithm: String? { header["alg"]?.string }
    /// `kid`: which of the signer's keys it is.
    public var keyID: String? { header["kid"]?.string }
    /// `typ`: what the token is for.
    public var type: String? { header["typ"]?.string }

    /// The text of a new token.
    ///
    /// - Parameter sign: the signature over these bytes, in the form of the header's `alg`.
    public static func signed<Failure: Error>(
        header: JSONObject, claims: JSONObject, by sign: ([UInt8]) throws(Failure) -> [UInt8]
    ) throws(Failure) -> String {
        let parts = [header, claims].map { Base64URL.encode(JSONValue.object($0).serialized()) }
        let input = parts.joined(separator: ".")
        return "\(input).\(Base64URL.encode(try sign(Array(input.utf8))))"
    }
}
