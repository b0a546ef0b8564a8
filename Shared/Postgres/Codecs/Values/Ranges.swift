/// A range of PostgreSQL: `int4range`, `int8range`, `numrange`, `daterange` or `tstzrange`.
///
/// PostgreSQL brings ranges of integers and dates into the form `[…,…)`: what was sent as `[1,5]` is read as `[1,6)`.
/// A range of dates or times with the bound `infinity`, which is not the same as no bound, cannot be read.
public enum PostgresRange<Bound: PostgresRangeBound>: Hashable, Sendable {
    /// Contains nothing.
    case empty
    /// Everything between two ends.
    case between(End, End)

    /// One end of a range.
    public enum End: Hashable, Sendable {
        /// There is no end on this side.
        case unbounded
        /// The end itself belongs to the range.
        case inclusive(Bound)
        /// The end itself does not belong to it.
        case exclusive(Bound)

        /// The value at this end, whether it belongs to the range or not; nil where there is none.
        public var bound: Bound? {
            switch self {
            case .unbounded: nil
            case .inclusive(let bound), .exclusive(let bound): bound
            }
        }
    }
}

/// What a range can have as its bounds: declare it for a type that is sent as one of PostgreSQL's types with a range.
public protocol PostgresRangeBound: PostgresCodable, Hashable {
    /// The type that a parameter with a range of these is declared with.
    static var postgresRangeType: PostgresType { get }
}

extension PostgresRangeBound {
    public static var postgresRangeType: PostgresType {
        // SAFETY: a programming error that the first use in any test shows; there is no other type to send.
        guard let type = postgresType.range else { preconditionFailure("no range type of \(Self.self)") }
        return type
    }
}

extension Int32: PostgresRangeBound {}
extension Int64: PostgresRangeBound {}
extension Int: PostgresRangeBound {}
extension PostgresNumeric: PostgresRangeBound {}
extension PostgresDate: PostgresRangeBound {}
extension PostgresTimestamp: PostgresRangeBound {}

extension PostgresRange where Bound: Comparable {
    /// `[lower,upper)`; empty where the ends are the same.
    public init(_ range: Range<Bound>) {
        self = range.isEmpty ? .empty : .between(.inclusive(range.lowerBound), .exclusive(range.upperBound))
    }

    /// `[lower,upper]`.
    public init(_ range: ClosedRange<Bound>) {
        self = .between(.inclusive(range.lowerBound), .inclusive(range.upperBound))
    }

    /// Whether the value lies in the range.
    public func contains(_ value: Bound) -> Bool {
        guard case .between(let lower, let upper) = self else { return false }
        let isAbove =
            switch lower {
            case .unbounded: true
            case .inclusive(let bound): bound <= value
            case .exclusive(let bound): bound < value
            }
        let isBelow =
            switch upper {
            case .unbounded: true
            case .inclusive(let bound): value <= bound
            case .exclusive(let bound): value < bound
            }
        return isAbove && isBelow
    }
}

extension PostgresRange: PostgresCodable {
    public static var postgresType: PostgresType { Bound.postgresRangeType }
    public static func reads(_ type: PostgresType) -> Bool { type.bound.map { Bound.reads($0) } ?? false }

    /// Flags, then each bound that there is with its length (`rangetypes.h`).
    public func encode(postgres bytes: inout [UInt8]) {
        guard case .between(let lower, let upper) = self else { return bytes.append(RangeFlags.empty.rawValue) }
        var flags: RangeFlags = []
        switch lower {
        case .unbounded: flags.insert(.lowerUnbounded)
        case .inclusive: flags.insert(.lowerInclusive)
        case .exclusive: break
        }
        switch upper {
        case .unbounded: flags.insert(.upperUnbounded)
        case .inclusive: flags.insert(.upperInclusive)
        case .exclusive: break
        }
        bytes.append(flags.rawValue)
        if let bound = lower.bound { bytes.appendWithLength { bound.encode(postgres: &$0) } }
        if let bound = upper.bound { bytes.appendWithLength { bound.encode(postgres: &$0) } }
    }

    public init?(postgres cell: Cell) {
        var reader = WireReader(cell.bytes)
        guard let type = cell.type.bound, let flags = reader.integer(UInt8.self).map(RangeFlags.init) else {
            return nil
        }
        guard !flags.contains(.empty) else {
            guard Bound.reads(type), reader.isAtEnd else { return nil }
            self = .empty
            return
        }
        func end(_ unbounded: RangeFlags, _ inclusive: RangeFlags) -> End? {
            if flags.contains(unbounded) { return .unbounded }
            guard let length = reader.integer(Int32.self), let bytes = reader.bytes(length),
                let bound = Bound(postgres: Cell(type: type, bytes: bytes))
            else { return nil }
            return flags.contains(inclusive) ? .inclusive(bound) : .exclusive(bound)
        }
        guard Bound.reads(type), let lower = end(.lowerUnbounded, .lowerInclusive),
            let upper = end(.upperUnbounded, .upperInclusive), reader.isAtEnd
        else { return nil }
        self = .between(lower, upper)
    }
}

private struct RangeFlags: OptionSet {
    let rawValue: UInt8

    static let empty = RangeFlags(rawValue: 0x01)
    static let lowerInclusive = RangeFlags(rawValue: 0x02)
    static let upperInclusive = RangeFlags(rawValue: 0x04)
    static let lowerUnbounded = RangeFlags(rawValue: 0x08)
    static let upperUnbounded = RangeFlags(rawValue: 0x10)
}
