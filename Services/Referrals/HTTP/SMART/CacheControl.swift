internal import Models

/// How long an answer may be kept (RFC 9111), as far as key sets need it.
enum CacheControl {
    /// When an answer without the header is asked for again.
    static let unspoken = Duration.seconds(60)
    /// No key set is kept longer, whatever it says: a key that was taken back must stop working the same day.
    static let longest = Duration.seconds(3600)

    /// The time that an answer may be kept; zero where it must not be.
    static func lifetime(_ header: String?) -> Duration {
        guard let header else { return unspoken }
        let directives = header.lowercased().split(separator: ",").map { $0.filter { $0 != " " } }
        if directives.contains(where: { $0 == "no-store" || $0.hasPrefix("no-cache") }) { return .zero }
        let age = directives.first { $0.hasPrefix("max-age=") }?.dropFirst("max-age=".count)
        guard let age else { return unspoken }
        return min(longest, .seconds(max(0, Int(age) ?? 0)))
    }
}
