internal import Configuration
internal import FoundationEssentials

/// Reads environment variables one after the other and collects everything that is wrong, so that all of it is told at
/// once.
struct SettingsReader {
    private let reader: ConfigReader
    private(set) var mistakes: [String] = []

    init(_ reader: ConfigReader) {
        self.reader = reader
    }

    mutating func mistake(_ text: String) {
        mistakes.append(text)
    }

    /// The variable's value; nil where it is absent or empty.
    func optional(_ name: String, isSecret: Bool = false) -> String? {
        let value = reader.string(forKey: ConfigKey([name]), isSecret: isSecret)
        return value == "" ? nil : value
    }

    mutating func required(_ name: String, isSecret: Bool = false) -> String {
        guard let value = optional(name, isSecret: isSecret) else {
            mistake("\(name) is missing")
            return ""
        }
        return value
    }

    mutating func choice<Value: RawRepresentable & CaseIterable>(_ name: String, default: Value? = nil) -> Value?
    where Value.RawValue == String {
        guard let text = optional(name) else {
            if `default` == nil { mistake("\(name) is missing") }
            return `default`
        }
        guard let value = Value(rawValue: text) else {
            mistake("\(name) must be one of \(Value.allCases.map(\.rawValue).joined(separator: ", "))")
            return nil
        }
        return value
    }

    mutating func number(_ name: String, in range: ClosedRange<Int>, default: Int) -> Int {
        guard let text = optional(name) else { return `default` }
        guard let value = Int(text), range.contains(value) else {
            mistake("\(name) must be a number from \(range.lowerBound) to \(range.upperBound)")
            return `default`
        }
        return value
    }

    mutating func address(_ name: String, default: ListenAddress) -> ListenAddress {
        guard let text = optional(name) else { return `default` }
        guard let address = ListenAddress(text) else {
            mistake("\(name) must be host:port")
            return `default`
        }
        return address
    }

    /// The content of the file that the variable names, without a line end at its end. Never quoted in a mistake.
    mutating func secret(_ name: String, atLeast bytes: Int = 1, isRequired: Bool = true) -> [UInt8]? {
        guard let path = optional(name) else {
            if isRequired { mistake("\(name) is missing") }
            return nil
        }
        guard var content = file(name, path) else { return nil }
        while let last = content.last, last == 0x0A || last == 0x0D { content.removeLast() }
        guard content.count >= bytes else {
            mistake("\(name): the file holds fewer than \(bytes) bytes")
            return nil
        }
        return content
    }

    mutating func file(_ name: String, _ path: String) -> [UInt8]? {
        do {
            return Array(try Data(contentsOf: URL(filePath: path)))
        } catch {
            mistake("\(name): the file cannot be read")
            return nil
        }
    }
}
