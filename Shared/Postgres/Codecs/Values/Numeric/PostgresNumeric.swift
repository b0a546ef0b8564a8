/// A `numeric`: a decimal number of any size, exactly as PostgreSQL has it.
///
/// It is for reading, sending, showing and comparing; sums are PostgreSQL's work. Equal and ordered is what PostgreSQL
/// takes for it: `1.0` is `1.00`, and `NaN` is itself and above everything. Foundation's `Decimal` has 38 digits and no
/// number of digits to show, so that it could hold neither each value nor its text.
public struct PostgresNumeric: Hashable, Sendable {
    enum Sign: UInt16 {
        case positive = 0x0000
        case negative = 0x4000
        case notANumber = 0xC000
        case infinity = 0xD000
        case negativeInfinity = 0xF000
    }

    let sign: Sign
    /// The power of 10,000 that the first group counts.
    let weight: Int
    /// Groups of four decimal digits, the highest first, without a zero group at either end; none for zero.
    let groups: [UInt16]
    /// How many digits are shown after the point, 0 to 16,383; zeros count.
    public let scale: Int

    /// PostgreSQL's own limits, for what is not taken over from it.
    static let digitsBeforePoint = 131_072
    static let largestScale = 16_383

    init(_ sign: Sign, weight: Int, groups: ArraySlice<UInt16>, scale: Int) {
        let leading = groups.prefix { $0 == 0 }.count
        var groups = groups.dropFirst(leading)
        while groups.last == 0 { groups.removeLast() }
        // There is one zero: it has no sign and no weight.
        self.sign = groups.isEmpty && sign == .negative ? .positive : sign
        self.weight = groups.isEmpty ? 0 : weight - leading
        self.groups = Array(groups)
        // PostgreSQL sends one with infinity.
        self.scale = sign == .positive || sign == .negative ? scale : 0
    }

    /// Not a number.
    public static let nan = PostgresNumeric(.notANumber, weight: 0, groups: [], scale: 0)
    /// More than any number. PostgreSQL has it since version 14.
    public static let infinity = PostgresNumeric(.infinity, weight: 0, groups: [], scale: 0)
    /// Less than any number. PostgreSQL has it since version 14.
    public static let negativeInfinity = PostgresNumeric(.negativeInfinity, weight: 0, groups: [], scale: 0)

    /// Whether it is a number: neither infinite nor `NaN`.
    public var isFinite: Bool { sign == .positive || sign == .negative }
    /// Whether it is `NaN`.
    public var isNaN: Bool { sign == .notANumber }
    /// Whether it is less than zero.
    public var isNegative: Bool { sign == .negative || sign == .negativeInfinity }

    public static func == (left: Self, right: Self) -> Bool {
        left.sign == right.sign && left.weight == right.weight && left.groups == right.groups
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(sign)
        hasher.combine(weight)
        hasher.combine(groups)
    }
}

extension PostgresNumeric: Comparable {
    public static func < (left: Self, right: Self) -> Bool {
        guard left.rank == right.rank else { return left.rank < right.rank }
        return switch left.sign {
        case .positive: left.isSmaller(than: right)
        case .negative: right.isSmaller(than: left)
        case .notANumber, .infinity, .negativeInfinity: false
        }
    }

    /// The order of the signs; zero is among the positive.
    private var rank: Int {
        switch sign {
        case .negativeInfinity: 0
        case .negative: 1
        case .positive: 2
        case .infinity: 3
        case .notANumber: 4
        }
    }

    /// Whether it is nearer to zero.
    private func isSmaller(than other: Self) -> Bool {
        if groups.isEmpty || other.groups.isEmpty { return groups.count < other.groups.count }
        return weight == other.weight ? groups.lexicographicallyPrecedes(other.groups) : weight < other.weight
    }
}

extension PostgresNumeric: PostgresCodable {
    public static var postgresType: PostgresType { .numeric }

    public func encode(postgres bytes: inout [UInt8]) {
        bytes.append(bigEndian: UInt16(groups.count))
        bytes.append(bigEndian: Int16(weight))
        bytes.append(bigEndian: sign.rawValue)
        bytes.append(bigEndian: Int16(scale))
        for group in groups { bytes.append(bigEndian: group) }
    }

    public init?(postgres cell: Cell) {
        var reader = WireReader(cell.bytes)
        guard cell.type == .numeric, let count = reader.integer(UInt16.self), let weight = reader.integer(Int16.self),
            let sign = reader.integer(UInt16.self).flatMap(Sign.init), let scale = reader.integer(Int16.self),
            (0...Self.largestScale).contains(Int(scale)), reader.remaining == 2 * Int(count)
        else { return nil }
        var groups: [UInt16] = []
        groups.reserveCapacity(Int(count))
        while let group = reader.integer(UInt16.self) {
            guard group < 10_000 else { return nil }
            groups.append(group)
        }
        self.init(sign, weight: Int(weight), groups: groups[...], scale: Int(scale))
        // Without leading zeros the weight may be one that does not go back into 16 bits; PostgreSQL has no such number.
        guard self.weight >= Int(Int16.min), isFinite || self.groups.isEmpty else { return nil }
    }
}
