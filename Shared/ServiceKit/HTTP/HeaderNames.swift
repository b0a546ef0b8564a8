public import HTTPTypes

extension HTTPField.Name {
    static let requestID = known("X-Request-Id")
    static let traceparent = known("traceparent")
    static let idempotencyKey = known("Idempotency-Key")
    /// Marks an answer to a repetition.
    public static let idempotencyReplayed = known("Idempotency-Replayed")
    static let rehearsedAt = known("Handrail-Rehearsed-At")
    static let rateLimit = known("RateLimit")
    static let rateLimitPolicy = known("RateLimit-Policy")

    private static func known(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) is no header name") }
        return name
    }
}
