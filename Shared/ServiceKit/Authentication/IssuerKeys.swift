internal import JSON
internal import Logging
internal import Models

/// The keys of one issuer: read when first needed, again after five minutes, and again when a token names a key that
/// is not known, though not more often than every thirty seconds.
///
/// When reading fails, the keys that are known stay in use for a day: an issuer that is down must not stop support.
actor IssuerKeys {
    private static let refreshAfter: Duration = .seconds(300)
    private static let retryAfter: Duration = .seconds(30)
    private static let staleAfter: Duration = .seconds(86_400)

    private let issuer: String
    private let load: @Sendable () async throws -> [UInt8]
    private let clock: WallClock
    private let logger: Logger
    private var keys: [VerificationKey] = []
    private var readAt: Instant?
    private var triedAt: Instant?
    private var reading: Task<Void, Never>?

    init(
        issuer: String,
        clock: WallClock,
        logger: Logger,
        load: @escaping @Sendable () async throws -> [UInt8]
    ) {
        self.issuer = issuer
        self.load = load
        self.clock = clock
        self.logger = logger
    }

    /// The keys that a token may be verified with: those of its `kid`, or the only one there is.
    func candidates(keyID: String?) async -> [VerificationKey] {
        let now = clock.now()
        if readAt.map({ now - $0 >= Self.refreshAfter }) ?? true { await refresh(now) }
        var found = matching(keyID)
        if found.isEmpty {
            await refresh(now)
            found = matching(keyID)
        }
        guard let readAt, now - readAt < Self.staleAfter else { return [] }
        return found
    }

    private func matching(_ keyID: String?) -> [VerificationKey] {
        guard let keyID else { return keys.count == 1 ? keys : [] }
        return keys.filter { $0.keyID == keyID }
    }

    private func refresh(_ now: Instant) async {
        if let reading { return await reading.value }
        if let triedAt, now - triedAt < Self.retryAfter { return }
        triedAt = now
        // The task itself keeps what was read: all who wait for it find it, in whichever order they wake up.
        let task = Task { await read(now) }
        reading = task
        await task.value
    }

    private func read(_ now: Instant) async {
        if let read = await fetched() {
            keys = read
            readAt = now
        }
        reading = nil
    }

    private nonisolated func fetched() async -> [VerificationKey]? {
        do {
            var keys: [VerificationKey] = []
            for key in try JSONValue.parse(try await load(), limits: .strict)["keys"]?.items ?? [] {
                if let key = await VerificationKey(key) { keys.append(key) }
            }
            if keys.isEmpty { logger.error("no usable key", metadata: ["issuer": "\(issuer)"]) }
            return keys
        } catch {
            logger.error("keys not readable", metadata: ["issuer": "\(issuer)", "error": "\(type(of: error))"])
            return nil
        }
    }
}
