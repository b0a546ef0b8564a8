/// A `timestamptz`, in microseconds since 1970 UTC.
public struct PostgresTimestamp: PostgresCodable, Hashable, Comparable {
    /// Negative before 1970.
    public let microsecondsSince1970: Int64

    /// PostgreSQL counts from 2000-01-01.
    private static let epoch: Int64 = 946_684_800_000_000

    /// A time outside of what PostgreSQL has, 4713 BC to 294276 AD, is refused by the server.
    public init(microsecondsSince1970: Int64) {
        self.microsecondsSince1970 = microsecondsSince1970
    }

    public static func < (left: Self, right: Self) -> Bool { left.microsecondsSince1970 < right.microsecondsSince1970 }

    public static var postgresType: PostgresType { .timestamptz }
    public func encode(postgres bytes: inout [UInt8]) {
        // The smallest number would mean -infinity; the next one is a time that the server refuses as out of range.
        let (value, isTooSmall) = microsecondsSince1970.subtractingReportingOverflow(Self.epoch)
        bytes.append(bigEndian: isTooSmall ? .min + 1 : max(value, .min + 1))
    }

    /// Infinity is no point in time and cannot be read.
    public init?(postgres cell: Cell) {
        guard cell.type == .timestamptz, let value = cell.integer(Int64.self), value != .max, value != .min else {
            return nil
        }
        let (microseconds, isTooLarge) = value.addingReportingOverflow(Self.epoch)
        guard !isTooLarge else { return nil }
        microsecondsSince1970 = microseconds
    }
}

/// A `date`, in days since 1970-01-01.
public struct PostgresDate: PostgresCodable, Hashable, Comparable {
    /// Negative before 1970.
    public let daysSince1970: Int

    /// Days from 1970-01-01 to 2000-01-01, from which PostgreSQL counts.
    private static let epoch = 10_957

    /// A day outside of what PostgreSQL has, 4713 BC to 5874897 AD, is refused by the server.
    public init(daysSince1970: Int) {
        self.daysSince1970 = daysSince1970
    }

    public static func < (left: Self, right: Self) -> Bool { left.daysSince1970 < right.daysSince1970 }

    public static var postgresType: PostgresType { .date }
    public func encode(postgres bytes: inout [UInt8]) {
        // The ends of the range would mean infinity; what is next to them is a date that the server refuses.
        let days = daysSince1970.subtractingReportingOverflow(Self.epoch).partialValue
        let isTooSmall = daysSince1970 < Int(Int32.min) + 1 + Self.epoch
        bytes.append(bigEndian: isTooSmall ? Int32.min + 1 : Int32(clamping: min(days, Int(Int32.max) - 1)))
    }
    /// Infinity is no day and cannot be read.
    public init?(postgres cell: Cell) {
        guard cell.type == .date, let value = cell.integer(Int32.self), value != .max, value != .min else { return nil }
        daysSince1970 = Int(value) + Self.epoch
    }
}
