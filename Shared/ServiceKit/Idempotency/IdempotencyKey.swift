/// The `Idempotency-Key` of a POST with what it was sent with, so that a repetition is told from another request.
public struct IdempotencyKey: Hashable, Sendable {
    /// A digest of the header, HMAC-SHA-256 in hexadecimal under a key of the installation, or what a service derived.
    public let value: String
    /// HMAC-SHA-256 of path and body under a key of the installation: equal requests are recognised, none is kept.
    public let fingerprint: [UInt8]

    init(value: String, fingerprint: [UInt8]) {
        self.value = value
        self.fingerprint = fingerprint
    }

    /// A key that the service derives itself, such as client + placer identifier on `/fhir`.
    public init(derived value: String, fingerprint: [UInt8]) {
        self.init(value: value, fingerprint: fingerprint)
    }
}
