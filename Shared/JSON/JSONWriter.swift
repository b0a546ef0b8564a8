/// Writes JSON text, straight from values: for answers that are asked for often, an encoder costs ten times as much.
///
/// The caller is responsible for the structure: a value where a value belongs, fields inside of an object.
///
///     var json = JSONWriter()
///     json.object { json in
///         json.field("peerID", peer.id)
///         json.array("languages", peer.languages) { json, language in json.value(language) }
///     }
public struct JSONWriter: Sendable {
    /// What was written so far: UTF-8 without spaces.
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false
    let sortsNames: Bool

    /// - Parameters:
    ///   - capacity: bytes to reserve.
    ///   - sortsNames: whether a ``JSONValue`` is written with the members of its objects sorted.
    public init(capacity: Int = 1024, sortsNames: Bool = false) {
        bytes.reserveCapacity(capacity)
        self.sortsNames = sortsNames
    }

    /// An object as a value: `{…}`.
    public mutating func object<Failure: Error>(_ fields: (inout JSONWriter) throws(Failure) -> Void) throws(Failure) {
        try between("{", "}", fields)
    }

    /// An array as a value: `[…]`.
    public mutating func array<Failure: Error>(_ items: (inout JSONWriter) throws(Failure) -> Void) throws(Failure) {
        try between("[", "]", items)
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

    /// A field with a value.
    public mutating func field(_ name: StaticString, _ value: some JSONWritable) {
        key(name)
        value.write(to: &self)
    }

    /// A field with a value, left out where it is nil.
    public mutating func field(_ name: StaticString, ifPresent value: (some JSONWritable)?) {
        if let value { field(name, value) }
    }

    /// A field with JSON that was written before, such as a `jsonb` column. It is not checked.
    public mutating func field(_ name: StaticString, json written: some Sequence<UInt8>) {
        key(name)
        raw { $0.append(contentsOf: written) }
    }

    /// A field whose name is only known at run time.
    public mutating func field(named name: String, _ value: some JSONWritable) {
        text(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
        value.write(to: &self)
    }

    /// Ends a line after a value, for texts of one value to a line.
    public mutating func endLine() {
        bytes.append(UInt8(ascii: "\n"))
        needsComma = false
    }

    /// A value in an array.
    public mutating func value(_ value: some JSONWritable) { value.write(to: &self) }

    /// A null in an array, or after ``key(_:)``.
    public mutating func null() { raw { $0.append("null") } }

    /// A field's name, for values that the methods above do not write.
    public mutating func key(_ name: StaticString) {
        raw { bytes in
            bytes.append(UInt8(ascii: "\""))
            bytes.append(name)
            bytes.append("\":")
        }
        needsComma = false
    }

    private mutating func between<Failure: Error>(
        _ start: Unicode.Scalar, _ end: Unicode.Scalar, _ content: (inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) {
        raw { $0.append(UInt8(ascii: start)) }
        needsComma = false
        try content(&self)
        bytes.append(UInt8(ascii: end))
        needsComma = true
    }

    /// Every value goes through here: a comma where one is needed before it, and from then on.
    mutating func raw(_ write: (inout [UInt8]) -> Void) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        write(&bytes)
        needsComma = true
    }

    /// Text in quotation marks, with what must be escaped escaped.
    mutating func text(_ text: String) {
        raw { bytes in
            bytes.append(UInt8(ascii: "\""))
            var text = text
            text.withUTF8 { bytes.append(escaping: $0) }
            bytes.append(UInt8(ascii: "\""))
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { append(contentsOf: $0) }
    }

    fileprivate mutating func append(escaping text: UnsafeBufferPointer<UInt8>) {
        // Most text has nothing to escape: it is copied in runs.
        var runStart = 0
        for (index, byte) in text.enumerated() where byte < 0x20 || byte == 0x22 || byte == 0x5C {
            append(contentsOf: text[runStart..<index])
            runStart = index + 1
            switch byte {
            case 0x22: append(#"\""#)
            case 0x5C: append(#"\\"#)
            case 0x0A: append(#"\n"#)
            case 0x0D: append(#"\r"#)
            case 0x09: append(#"\t"#)
            default:
                append(byte < 0x10 ? #"\u000"# : #"\u001"#)
                append(contentsOf: String(byte & 0xF, radix: 16).utf8)
            }
        }
        append(contentsOf: text[runStart...])
    }
}
