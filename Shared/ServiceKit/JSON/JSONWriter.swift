public import NIOCore

/// Writes JSON straight into a buffer, for answers that are asked for often: an encoder costs ten times as much.
///
/// The caller is responsible for the structure: a value where a value belongs, fields inside of an object.
///
///     var json = JSONWriter()
///     json.object { json in
///         json.field("peerID", peer.id.description)
///         json.array("languages", peer.languages) { json, language in json.value(language) }
///     }
public struct JSONWriter: Sendable {
    /// What was written so far.
    public private(set) var buffer: ByteBuffer
    private var needsComma = false

    /// - Parameter capacity: bytes to reserve.
    public init(capacity: Int = 1024) {
        buffer = ByteBuffer()
        buffer.reserveCapacity(capacity)
    }

    /// An object as a value: `{…}`.
    public mutating func object<Failure: Error>(_ fields: (inout JSONWriter) throws(Failure) -> Void) throws(Failure) {
        separate()
        buffer.writeInteger(UInt8(ascii: "{"))
        needsComma = false
        try fields(&self)
        buffer.writeInteger(UInt8(ascii: "}"))
        needsComma = true
    }

    /// An array as a value: `[…]`.
    public mutating func array<Failure: Error>(_ items: (inout JSONWriter) throws(Failure) -> Void) throws(Failure) {
        separate()
        buffer.writeInteger(UInt8(ascii: "["))
        needsComma = false
        try items(&self)
        buffer.writeInteger(UInt8(ascii: "]"))
        needsComma = true
    }

    /// A field whose value is an object.
    public mutating func object<Failure: Error>(
        _ name: StaticString,
        _ fields: (inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) {
        key(name)
        try object(fields)
    }

    /// A field whose value is an array of `items`, each written by `write`.
    public mutating func array<Items: Sequence, Failure: Error>(
        _ name: StaticString,
        _ items: Items,
        _ write: (inout JSONWriter, Items.Element) throws(Failure) -> Void
    ) throws(Failure) {
        key(name)
        try array { json throws(Failure) in
            for item in items { try write(&json, item) }
        }
    }

    /// A field with text.
    public mutating func field(_ name: StaticString, _ value: String) {
        key(name)
        self.value(value)
    }

    // Concrete types, because numbers can be written as text too, and must never be.

    /// A field with a whole number.
    public mutating func field(_ name: StaticString, _ value: Int) {
        key(name)
        self.value(value)
    }

    /// A field with a whole number.
    public mutating func field(_ name: StaticString, _ value: Int64) {
        key(name)
        self.value(value)
    }

    /// A field with a whole number.
    public mutating func field(_ name: StaticString, _ value: Int32) {
        key(name)
        self.value(value)
    }

    /// A field with a whole number.
    public mutating func field(_ name: StaticString, _ value: Int16) {
        key(name)
        self.value(value)
    }

    /// A field with a number; one that JSON cannot say becomes null.
    public mutating func field(_ name: StaticString, _ value: Double) {
        key(name)
        self.value(value)
    }

    /// A field with a truth value.
    public mutating func field(_ name: StaticString, _ value: Bool) {
        key(name)
        self.value(value)
    }

    /// A field with the text of an id, an instant, a date or a code.
    public mutating func field(_ name: StaticString, _ value: some LosslessStringConvertible & Sendable) {
        key(name)
        self.value(value.description)
    }

    /// A field with text, left out where it is nil.
    public mutating func field(_ name: StaticString, ifPresent value: (some LosslessStringConvertible & Sendable)?) {
        if let value { field(name, value.description) }
    }

    /// A field with a number, left out where it is nil.
    public mutating func field(_ name: StaticString, ifPresent value: Int?) {
        if let value { field(name, value) }
    }

    /// A field with a number, left out where it is nil.
    public mutating func field(_ name: StaticString, ifPresent value: Double?) {
        if let value { field(name, value) }
    }

    /// A field with a truth value, left out where it is nil.
    public mutating func field(_ name: StaticString, ifPresent value: Bool?) {
        if let value { field(name, value) }
    }

    /// A field with JSON that was written before, such as a `jsonb` column. It is not checked.
    public mutating func field(_ name: StaticString, json bytes: some Sequence<UInt8>) {
        key(name)
        separate()
        buffer.writeBytes(bytes)
        needsComma = true
    }

    /// A field whose name is only known at run time.
    mutating func field(dynamic name: String, _ value: String) {
        self.value(name)
        buffer.writeInteger(UInt8(ascii: ":"))
        needsComma = false
        self.value(value)
    }

    /// A string in an array.
    public mutating func value(_ value: String) {
        separate()
        buffer.writeInteger(UInt8(ascii: "\""))
        write(escaped: value)
        buffer.writeInteger(UInt8(ascii: "\""))
        needsComma = true
    }

    /// A whole number in an array.
    public mutating func value(_ value: some BinaryInteger) {
        separate()
        buffer.writeString(value.description)
        needsComma = true
    }

    /// A number in an array; one that JSON cannot say becomes null.
    public mutating func value(_ value: Double) {
        separate()
        buffer.writeString(value.isFinite ? value.description : "null")
        needsComma = true
    }

    /// A truth value in an array.
    public mutating func value(_ value: Bool) {
        separate()
        buffer.writeString(value ? "true" : "false")
        needsComma = true
    }

    /// A null in an array, or after ``key(_:)``.
    public mutating func null() {
        separate()
        buffer.writeString("null")
        needsComma = true
    }

    /// A field's name, for values that the methods above do not write.
    public mutating func key(_ name: StaticString) {
        separate()
        buffer.writeInteger(UInt8(ascii: "\""))
        buffer.writeStaticString(name)
        buffer.writeString("\":")
        needsComma = false
    }

    private mutating func separate() {
        if needsComma { buffer.writeInteger(UInt8(ascii: ",")) }
    }

    private mutating func write(escaped text: String) {
        var text = text
        text.withUTF8 { bytes in
            // Most text has nothing to escape: it is copied in runs.
            var runStart = 0
            for (index, byte) in bytes.enumerated() where byte < 0x20 || byte == 0x22 || byte == 0x5C {
                buffer.writeBytes(bytes[runStart..<index])
                runStart = index + 1
                switch byte {
                case 0x22: buffer.writeStaticString(#"\""#)
                case 0x5C: buffer.writeStaticString(#"\\"#)
                case 0x0A: buffer.writeStaticString(#"\n"#)
                case 0x0D: buffer.writeStaticString(#"\r"#)
                case 0x09: buffer.writeStaticString(#"\t"#)
                default: buffer.writeString(#"\u00"# + hexadecimal(CollectionOfOne(byte)))
                }
            }
            buffer.writeBytes(bytes[runStart...])
        }
    }
}
