internal import JSON
internal import Models

/// One record of a JSON feed, read as generously as feeds are written: numbers as text, empty texts for nothing.
struct FeedRecord {
    private let members: [String: JSONValue]

    init?(_ value: JSONValue) {
        guard let object = value.object else { return nil }
        members = Dictionary(object.members.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    subscript(name: String) -> JSONValue? { members[name] }

    /// A text without the space around it, or a number as its text; nil where it is empty or something else.
    func text(_ names: String..., atMost length: Int = 500) -> String? {
        for name in names {
            let found: String? =
                switch members[name] {
                case .string(let text): text
                case .number(let number): number.text
                default: nil
                }
            if let found = found.flatMap({ FeedText.clean($0, atMost: length) }) { return found }
        }
        return nil
    }

    func number(_ name: String) -> Double? { text(name).flatMap { Double($0) }.flatMap { $0.isFinite ? $0 : nil } }

    func integer(_ name: String) -> Int? { text(name).flatMap { Int($0) } }

    func position(_ latitude: String = "latitude", _ longitude: String = "longitude") -> GeoPosition? {
        guard let latitude = number(latitude), let longitude = number(longitude) else { return nil }
        return GeoPosition(latitude: latitude, longitude: longitude)
    }

    /// The parts of an address that are given, separated by commas.
    func joined(_ names: String...) -> String? {
        let parts = names.compactMap { text($0) }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }
}

/// What texts in feeds mean.
enum FeedText {
    /// Without the space around it, cut to a length; nil where nothing is left.
    static func clean(_ text: String, atMost length: Int) -> String? {
        guard let first = text.firstIndex(where: { !$0.isWhitespace }),
            let last = text.lastIndex(where: { !$0.isWhitespace })
        else { return nil }
        return String(text[first...last].prefix(length))
    }

    /// Minutes since midnight of `19:30`, `19:30:00`, `7:30 PM`, `noon` as 12:00.
    static func minutes(_ text: String) -> Int? {
        let parts = text.split(separator: " ", maxSplits: 1)
        let digits = parts.first?.split(separator: ":") ?? []
        guard (2...3).contains(digits.count), let hour = Int(digits[0]), let minute = Int(digits[1].prefix(2)),
            (0..<60).contains(minute)
        else { return nil }
        switch parts.dropFirst().first?.lowercased() {
        case nil: return (0..<24).contains(hour) ? hour * 60 + minute : nil
        case "am": return (1...12).contains(hour) ? hour % 12 * 60 + minute : nil
        case "pm": return (1...12).contains(hour) ? (hour % 12 + 12) * 60 + minute : nil
        default: return nil
        }
    }

    /// The moment that `2021-04-28 11:53:20`, `2021-04-28` or `8/29/2021 …` name, taken for UTC.
    static func instant(_ text: String) -> Instant? {
        if let instant = Instant(text) { return instant }
        let parts = text.split(separator: " ")
        guard let day = parts.first.flatMap({ date(String($0)) }) else { return nil }
        let minutes = parts.dropFirst().first.flatMap { Self.minutes(String($0)) } ?? 0
        return Instant(unixSeconds: Int64(day.daysSince1970) * 86_400 + Int64(minutes) * 60)
    }

    private static func date(_ text: String) -> CivilDate? {
        if let date = CivilDate(text) { return date }
        let parts = text.split(separator: "/").compactMap { Int($0) }
        return parts.count == 3 ? CivilDate(year: parts[2], month: parts[0], day: parts[1]) : nil
    }
}
