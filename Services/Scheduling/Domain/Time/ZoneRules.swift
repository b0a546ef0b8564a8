internal import FoundationEssentials

/// A zone's offsets from UTC over time, as the system's time zone database (tzdata) has them in a TZif file (RFC 9636).
///
/// Read by ourselves: in a static build Foundation comes without ICU and knows no zone but GMT, and asking it for another
/// is answered with nil. A file is read in about 10 µs, so nothing is kept.
struct ZoneRules: Sendable {
    /// When the offset changes, in seconds since 1970, ascending.
    private let transitions: [Int64]
    /// The offset from each transition on, in seconds east of UTC.
    private let offsets: [Int64]
    /// The offset before the first transition.
    private let first: Int64
    /// What holds behind the last transition; nil where the last offset stays.
    private let later: YearlyRule?

    static let utc = ZoneRules(transitions: [], offsets: [], first: 0, later: nil)

    private static let folder = "/usr/share/zoneinfo"

    /// Nil for a name that the database does not have.
    init?(named name: String) {
        let isName = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "_"), UInt8(ascii: "-"),
                UInt8(ascii: "+"):
                true
            default: false
            }
        }
        guard isName, let file = FileManager.default.contents(atPath: "\(Self.folder)/\(name)") else { return nil }
        self.init(tzif: Array(file))
    }

    /// Nil for what is no TZif file of version 2 or later, the first with 64-bit times.
    init?(tzif bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard let old = reader.header() else { return nil }
        reader.skip(old.length(timeSize: 4))
        guard let header = reader.header(), header.types > 0 else { return nil }
        let transitions = (0..<header.times).compactMap { _ in reader.integer(8) }
        let kinds = (0..<header.times).compactMap { _ in reader.integer(1) }
        let types = (0..<header.types).compactMap { _ -> Int64? in
            let offset = reader.integer(4)
            reader.skip(2)
            return offset.map { Int64(Int32(truncatingIfNeeded: $0)) }
        }
        reader.skip(header.length(timeSize: 8) - header.times * 9 - header.types * 6)
        guard transitions.count == header.times, kinds.count == header.times, types.count == header.types,
            kinds.allSatisfy({ types.indices.contains(Int($0)) }), let footer = reader.line()
        else { return nil }
        later = YearlyRule(footer)
        if later == nil, !footer.isEmpty { return nil }
        self.transitions = transitions
        offsets = kinds.map { types[Int($0)] }
        first = types[0]
    }

    private init(transitions: [Int64], offsets: [Int64], first: Int64, later: YearlyRule?) {
        (self.transitions, self.offsets, self.first, self.later) = (transitions, offsets, first, later)
    }

    /// Seconds east of UTC at a moment, in seconds since 1970.
    func offset(at seconds: Int64) -> Int64 {
        var (low, high) = (0, transitions.count)
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle] <= seconds { low = middle + 1 } else { high = middle }
        }
        if low == transitions.count, let later { return later.offset(at: seconds) }
        return low == 0 ? first : offsets[low - 1]
    }
}

/// Reads big-endian integers; nil at the end of the bytes.
private struct ByteReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    /// The counts of a TZif data block.
    struct Header {
        let isUT, isStandard, leaps, times, types, characters: Int

        func length(timeSize: Int) -> Int {
            times * (timeSize + 1) + types * 6 + characters + leaps * (timeSize + 4) + isStandard + isUT
        }
    }

    mutating func header() -> Header? {
        guard rest.starts(with: Array("TZif".utf8)), let version = rest.dropFirst(4).first, version >= UInt8(ascii: "2")
        else { return nil }
        skip(20)
        let counts = (0..<6).compactMap { _ in integer(4).map(Int.init) }
        guard counts.count == 6, counts.allSatisfy({ (0...100_000).contains($0) }) else { return nil }
        return Header(
            isUT: counts[0], isStandard: counts[1], leaps: counts[2], times: counts[3], types: counts[4],
            characters: counts[5]
        )
    }

    mutating func skip(_ count: Int) { rest = rest.dropFirst(max(0, count)) }

    /// An integer of up to eight bytes; one of eight is signed.
    mutating func integer(_ size: Int) -> Int64? {
        guard rest.count >= size else { return nil }
        defer { skip(size) }
        return Int64(bitPattern: rest.prefix(size).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    /// What stands between two line feeds.
    mutating func line() -> String? {
        guard rest.first == 10 else { return nil }
        let text = rest.dropFirst()
        guard let end = text.firstIndex(of: 10) else { return nil }
        return String(decoding: text[..<end], as: UTF8.self)
    }
}
