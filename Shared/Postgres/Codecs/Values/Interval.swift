/// An `interval`: months, days and a time, which PostgreSQL keeps apart because neither has a fixed length in the next.
///
/// Equal is what has the same three parts. PostgreSQL's own `=` takes a month for 30 days and a day for 24 hours.
public struct PostgresInterval: PostgresCodable, Hashable {
    /// Years are twelve of them.
    public let months: Int32
    /// Civil days, of 23 to 25 hours.
    public let days: Int32
    /// The time, of either sign, and of more than a day if need be.
    public let microseconds: Int64

    /// The parts as they are: nothing is carried from one into the next.
    public init(months: Int32 = 0, days: Int32 = 0, microseconds: Int64 = 0) {
        self.months = months
        self.days = days
        self.microseconds = microseconds
    }

    public static var postgresType: PostgresType { .interval }

    public func encode(postgres bytes: inout [UInt8]) {
        bytes.append(bigEndian: microseconds)
        bytes.append(bigEndian: days)
        bytes.append(bigEndian: months)
    }

    /// Infinity, which PostgreSQL has since version 17, is no length of time and cannot be read.
    public init?(postgres cell: Cell) {
        var reader = WireReader(cell.bytes)
        guard cell.type == .interval, let microseconds = reader.integer(Int64.self),
            let days = reader.integer(Int32.self), let months = reader.integer(Int32.self), reader.isAtEnd
        else { return nil }
        let isInfinite =
            (microseconds == .max && days == .max && months == .max)
            || (microseconds == .min && days == .min && months == .min)
        if isInfinite { return nil }
        self.init(months: months, days: days, microseconds: microseconds)
    }
}

extension PostgresInterval: CustomStringConvertible {
    /// ISO 8601, as PostgreSQL writes it with `intervalstyle = iso_8601`: `P1Y2M3DT4H5M6.5S`.
    public var description: String {
        let date = [(Int64(months / 12), "Y"), (Int64(months % 12), "M"), (Int64(days), "D")]
        let time = [(microseconds / 3_600_000_000, "H"), (microseconds / 60_000_000 % 60, "M")]
        let text = { (parts: [(Int64, String)]) in parts.filter { $0.0 != 0 }.map { "\($0.0)\($0.1)" }.joined() }
        let clock = text(time) + seconds
        let whole = "P" + text(date) + (clock.isEmpty ? "" : "T\(clock)")
        return whole == "P" ? "PT0S" : whole
    }

    private var seconds: String {
        let rest = microseconds % 60_000_000
        guard rest != 0 else { return "" }
        var fraction = String(rest.magnitude % 1_000_000)
        fraction = String(repeating: "0", count: 6 - fraction.count) + fraction
        while fraction.last == "0" { fraction.removeLast() }
        return "\(rest < 0 ? "-" : "")\(rest.magnitude / 1_000_000)\(fraction.isEmpty ? "" : "." + fraction)S"
    }
}
