internal import Crypto
internal import FoundationEssentials
internal import HTTPTypes
public import Hummingbird
internal import NIOCore
internal import NIOSSL

/// Where the certificate of a client is found (RFC 8705).
public enum ClientCertificateSource: Hashable, Sendable {
    /// In this process's own TLS, which has verified it against `HANDRAIL_TLS_CLIENT_CA_FILE`.
    case connection
    /// In a header that the proxy in front sets, having verified it, and takes away from what callers send.
    case header(String)
}

/// The SHA-256 digest of a certificate, in base64url, as `x5t#S256` has it (RFC 7515 §4.1.8).
public struct CertificateThumbprint: Hashable, Sendable, LosslessStringConvertible {
    public let description: String

    /// Nil for what is no digest of 32 bytes.
    public init?(_ text: String) {
        guard Base64URL.decode(text.utf8)?.count == 32 else { return nil }
        description = text
    }

    /// Of a certificate in DER.
    public init(ofDER bytes: some Collection<UInt8>) {
        description = Base64URL.encode(SHA256.hash(data: Array(bytes)))
    }

    /// Of the first certificate in PEM; nil where there is none.
    public init?(ofPEM text: String) {
        let (begin, end) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----")
        guard let start = text.firstRange(of: begin), let stop = text.firstRange(of: end),
            start.upperBound <= stop.lowerBound,
            let bytes = Data(
                base64Encoded: String(text[start.upperBound..<stop.lowerBound].filter { !$0.isWhitespace })),
            !bytes.isEmpty
        else { return nil }
        self.init(ofDER: bytes)
    }

    /// Of a header's value: base64 of the DER between colons (RFC 9440), or PEM with percent-escapes, as nginx writes it.
    init?(ofHeader value: String) {
        if value.hasPrefix(":"), value.hasSuffix(":"), value.count > 2 {
            guard let bytes = Data(base64Encoded: String(value.dropFirst().dropLast())), !bytes.isEmpty else {
                return nil
            }
            self.init(ofDER: bytes)
        } else {
            guard let text = Self.unescaped(value) else { return nil }
            self.init(ofPEM: text)
        }
    }
}

extension CertificateThumbprint {
    /// The text without its percent-escapes (RFC 3986 §2.1); nil where one is broken.
    private static func unescaped(_ text: String) -> String? {
        var rest = Array(text.utf8)[...]
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(value)
            rest.removeFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

extension APIContext {
    /// The thumbprint of the certificate that the caller has proved to hold the key of; nil where there is none.
    public func clientCertificate(
        _ request: Request, from source: ClientCertificateSource?
    ) async -> CertificateThumbprint? {
        switch source {
        case nil: return nil
        case .header(let name):
            // Twice in one request is a proxy that only adds: then the first is the caller's.
            guard let field = HTTPField.Name(name), request.headers[values: field].count == 1 else { return nil }
            return request.headers[field].flatMap(CertificateThumbprint.init(ofHeader:))
        case .connection:
            do {
                return try await channel.nioSSL_peerCertificate().get().map { certificate in
                    CertificateThumbprint(ofDER: try certificate.toDERBytes())
                }
            } catch {
                // The connection has no TLS of its own.
                return nil
            }
        }
    }
}
