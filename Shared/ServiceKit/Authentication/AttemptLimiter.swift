internal import NIOConcurrencyHelpers

/// Bounds how often one network address may fail to sign in, in one process: 60 at once, one more each second.
///
/// Wide, because a whole agency may come through one address, as it does where a proxy or the console stands in front;
/// what holds a single login is counted by login.
public final class AttemptLimiter: Sendable {
    private let buckets: NIOLockedValueBox<TokenBuckets<String>>

    public init(burst: Int = 60, perSecond: Double = 1) {
        buckets = NIOLockedValueBox(TokenBuckets(burst: Double(burst), perSecond: perSecond, largest: 10_000))
    }

    /// Takes an attempt from the caller's address.
    ///
    /// - Throws: 429 with the seconds to wait.
    public func take(for context: APIContext) throws(Problem) {
        let taken = buckets.withLockedValue { $0.take(context.address ?? "", at: .now) }
        guard case .empty(let wait) = taken else { return }
        throw .tooManyRequests(retryAfter: max(1, Int(wait.rounded(.up)))).denying(Denial(.rateLimit))
    }

    /// The attempt did not fail.
    public func giveBack(for context: APIContext) {
        buckets.withLockedValue { $0.giveBack(context.address ?? "") }
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
