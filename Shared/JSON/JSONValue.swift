/// A JSON value that loses nothing that was written: decimals keep their digits, members their order.
///
/// FHIR gives `1.50` another meaning than `1.5` (the precision of a measurement), and a resource must survive being
/// stored and answered again. Reading through floating-point numbers and hashed dictionaries would lose both.
public enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

/// A JSON number as it was written. Two numbers are equal when their texts are.
public struct JSONNumber: Hashable, Sendable {
    /// The digits, sign, point and exponent as received or given.
    public let text: String

    /// Trusts that the text follows JSON's grammar for numbers: only the parser and the integers below give one.
    init(verified text: String) {
        self.text = text
    }

    /// An integer in its shortest form.
    public init(_ value: Int) {
        text = String(value)
    }

    /// The number where it was written as an integer that fits; nil for decimals and exponents.
    public var integer: Int? { Int(text) }

    /// The nearest floating-point number; nil where it is out of range.
    public var double: Double? { Double(text).flatMap { $0.isFinite ? $0 : nil } }
}

extension JSONValue {
    /// Reads one JSON text (RFC 8259) and refuses what is doubtful: a name twice, bad UTF-8, half surrogate pairs.
    ///
    /// - Parameters:
    ///   - bytes: UTF-8, with or without a byte order mark.
    ///   - limits: how large, deep and numerous it may be.
    /// - Throws: what is wrong and where, without any of the text.
    public static func parse(
        _ bytes: some Collection<UInt8>, limits: JSONLimits = .resource
    ) throws(JSONSyntaxError) -> JSONValue {
        var parser = JSONParser(Array(bytes), limits: limits)
        return try parser.parse()
    }

    /// A member of an object; nil where there is none of that name, or the value is no object.
    public subscript(name: String) -> JSONValue? { object?[name] }

    /// The string, or nil where the value is something else.
    public var string: String? {
        if case .string(let string) = self { string } else { nil }
    }

    /// The elements of an array; none where the value is something else.
    public var items: [JSONValue] { array ?? [] }

    /// The truth value, or nil where the value is something else.
    public var bool: Bool? {
        if case .bool(let bool) = self { bool } else { nil }
    }

    /// The integer, or nil where the value is something else or no integer.
    public var integer: Int? {
        if case .number(let number) = self { number.integer } else { nil }
    }

    /// The elements, or nil where the value is no array.
    public var array: [JSONValue]? {
        if case .array(let array) = self { array } else { nil }
    }

    /// The object, or nil where the value is something else.
    public var object: JSONObject? {
        if case .object(let object) = self { object } else { nil }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int) { self = .number(JSONNumber(value)) }
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(JSONObject(elements)) }
}
