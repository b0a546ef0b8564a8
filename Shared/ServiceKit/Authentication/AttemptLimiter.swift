internal import NIOConcurrencyHelpers

/// Bounds how often one network address may fail to prove who it is, in one process: 60 at once, one more each second.
///
/// Wide, because a whole agency may come through one address; what holds a single login is counted by login. Callers whose
/// address is not known are not bounded here.
public final class AttemptLimiter: Sendable {
    private let buckets: NIOLockedValueBox<TokenBuckets<String>>

    public init(burst: Int = 60, perSecond: Double = 1) {
        buckets = NIOLockedValueBox(TokenBuckets(burst: Double(burst), perSecond: perSecond, largest: 10_000))
    }

    /// Takes an attempt from the caller's address.
    ///
    /// - Throws: 429 with the seconds to wait.
    public func take(for context: APIContext) throws(Problem) {
        guard let address = context.address else { return }
        let taken = buckets.withLockedValue { $0.take(address, at: .now) }
        guard case .empty(let wait) = taken else { return }
        throw .tooManyRequests(retryAfter: max(1, Int(wait.rounded(.up)))).denying(Denial(.rateLimit))
    }

    /// The attempt did not fail.
    public func giveBack(for context: APIContext) {
        guard let address = context.address else { return }
        buckets.withLockedValue { $0.giveBack(address) }
    }
}

extension APIContext {
    /// The same request, with who is asking: for open routes, whose body proves it.
    public func identified(as principal: Principal) -> APIContext {
        var context = self
        context.authenticated = principal
        return context
    }
}
