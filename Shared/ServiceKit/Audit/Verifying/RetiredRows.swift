internal import Models
internal import Postgres

/// What was dropped of one agency's trail after its time: which seals may have lost which rows.
///
/// Whoever owns the database could claim that anything was dropped in time. A claim therefore only counts for a month that
/// is old enough, and for seals that were made about then, by the time that was signed with them.
struct RetiredRows {
    /// What has become of one seal's rows.
    enum Share {
        case none
        /// The first of them are gone; these are their hashes, 32 bytes each.
        case first([UInt8])
        case all
    }

    private struct Month {
        let endsAt: Instant
        let lastSeal: Int64
        let parts: [Int64: [UInt8]]
    }

    /// As long as a transaction that appended a row may at the very most have stayed open.
    private static let sealedWithin = Duration.seconds(31 * 86_400)
    /// Six years, without the leap days.
    private static let keptFor = Duration.seconds(AuditRetirement.leastYears * 365 * 86_400)

    private var months: [Month] = []

    init() {}

    /// - Parameter rows: of `audit_retirement`, in the order of their months: end, last seal, seals with parts, and those.
    init(_ rows: some Sequence<Row>, at now: Instant) throws(PostgresError) {
        for row in rows {
            let (endsAt, lastSeal, seals, hashes) = try row.decode((Instant, Int64, [Int64], [[UInt8]]).self)
            guard endsAt + Self.keptFor <= now else { continue }
            let parts = Dictionary(zip(seals, hashes)) { first, _ in first }
            months.append(Month(endsAt: endsAt, lastSeal: lastSeal, parts: parts))
        }
    }

    /// What may be gone of a seal.
    ///
    /// - Parameter madeAt: when the seal was signed, where that is certain.
    func share(of seal: Int64, madeAt: Instant) -> Share {
        var gone: [UInt8] = []
        for month in months where madeAt <= month.endsAt + Self.sealedWithin {
            if seal <= month.lastSeal { return .all }
            gone += month.parts[seal] ?? []
        }
        return gone.isEmpty ? .none : .first(gone)
    }
}
