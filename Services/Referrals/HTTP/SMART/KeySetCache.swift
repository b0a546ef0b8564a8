internal import Models

/// Keeps fetched key sets as long as their `Cache-Control` allows and never longer, one fetch at a time for each URL.
actor KeySetCache {
    private struct Entry {
        let set: ClientKeySet
        let fetchedAt: Instant
        let keptUntil: Instant
    }

    /// How soon a set may be fetched again because a client names a key that is not in it: else anybody who knows a
    /// client's id could make us ask its host as often as they like.
    private static let pause = Duration.seconds(10)
    private static let largest = 1000

    private let fetch: @Sendable (String) async throws -> KeySetFetch.Fetched
    private let clock: WallClock
    private var entries: [String: Entry] = [:]
    private var fetching: [String: Task<Entry?, any Error>] = [:]
    private var triedAt: [String: Instant] = [:]

    init(clock: WallClock, fetch: @escaping @Sendable (String) async throws -> KeySetFetch.Fetched) {
        self.clock = clock
        self.fetch = fetch
    }

    /// The key set at a URL; fetched anew when it is old, or when it lacks the key that is asked for.
    ///
    /// - Throws: ``KeySetFetch/Failure``, also for what is fetched and is no key set.
    func keySet(at url: String, having keyID: String) async throws -> ClientKeySet? {
        let now = clock.now()
        if let entry = entries[url], now < entry.keptUntil {
            if entry.set.has(keyID) || now - entry.fetchedAt < Self.pause { return entry.set }
        } else if let tried = triedAt[url], now - tried < Self.pause, fetching[url] == nil, now >= tried {
            // It just failed, or may not be kept: one client's mistake is not another host's load.
            guard entries[url] == nil else { return try await fetched(url, at: now) }
            throw KeySetFetch.Failure.notAnswered
        }
        return try await fetched(url, at: now)
    }

    private func fetched(_ url: String, at now: Instant) async throws -> ClientKeySet? {
        if let running = fetching[url] { return try await running.value?.set }
        triedAt[url] = now
        let fetch = self.fetch
        let task = Task { () async throws -> Entry? in
            let fetched = try await fetch(url)
            guard let set = ClientKeySet(fetched.body) else { return nil }
            return Entry(set: set, fetchedAt: now, keptUntil: now + fetched.lifetime)
        }
        fetching[url] = task
        defer { fetching[url] = nil }
        let entry = try await task.value
        if entries.count >= Self.largest {
            entries = [:]
            triedAt = [:]
        }
        entries[url] = entry
        return entry?.set
    }
}
