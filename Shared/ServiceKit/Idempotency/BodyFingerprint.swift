internal import Crypto
internal import FoundationEssentials

/// Recognises a body that was sent before, without keeping it: HMAC-SHA-256 under a key of the installation.
///
/// A plain hash would let a reader of the table guess bodies; with the key it says nothing.
public struct BodyFingerprint: Sendable {
    private let key: SymmetricKey

    /// - Parameter key: at least 32 random bytes, the same in every process of a service.
    public init(key: [UInt8]) {
        self.key = SymmetricKey(data: key)
    }

    /// 32 bytes.
    public func of(_ body: some Sequence<UInt8>) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(body), using: key))
    }
}
