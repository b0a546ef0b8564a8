/// The parameters of one call in PostgreSQL's binary form, in one piece of memory.
struct Bindings: Sendable {
    private(set) var bytes: [UInt8] = []
    private(set) var types: [PostgresType] = []
    private var values: [Value] = []

    /// Where a value lies in `bytes`. NULL has no start.
    private struct Value {
        let start: Int
        let length: Int32
    }

    private static let null = Value(start: -1, length: 0)

    init<each P: PostgresEncodable>(_ parameters: repeat each P) {
        var count = 0
        repeat Self.add(one: each parameters, to: &count)
        guard count > 0 else { return }
        types.reserveCapacity(count)
        values.reserveCapacity(count)
        // Most values are an id, a number, a time or a short code.
        bytes.reserveCapacity(16 * count)
        repeat (each parameters).bind(to: &self)
    }

    /// The binary form of one value; nil for NULL.
    subscript(index: Int) -> ArraySlice<UInt8>? {
        let value = values[index]
        return value.start < 0 ? nil : bytes[value.start..<value.start + Int(value.length)]
    }

    private static func add<P>(one _: P, to count: inout Int) { count += 1 }

    mutating func append(_ type: PostgresType, _ write: (inout [UInt8]) -> Void) {
        let start = bytes.count
        write(&bytes)
        types.append(type)
        values.append(Value(start: start, length: Int32(bytes.count - start)))
    }

    mutating func appendNull(_ type: PostgresType) {
        types.append(type)
        values.append(Self.null)
    }
}

extension [UInt8] {
    /// Appends an integer in network byte order.
    mutating func append(bigEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }
}

extension Bindings {
    /// The parameters in the form libpq takes: pointers into one buffer, lengths, and "binary" for each. They are valid
    /// only inside the body.
    func withLibPQArguments<R>(
        _ body: (Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> R
    ) -> R {
        guard !values.isEmpty else { return body(0, nil, nil, nil) }
        // Three small arrays for each statement, on the stack.
        return withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: values.count) { pointers in
            withUnsafeTemporaryAllocation(of: Int32.self, capacity: 2 * values.count) { numbers in
                bytes.withUnsafeBytes { buffer in
                    // An empty value still needs an address: for libpq no address means NULL.
                    let start = buffer.baseAddress ?? UnsafeRawPointer(bitPattern: 1)
                    for (index, value) in values.enumerated() {
                        let pointer = value.start < 0 ? nil : start?.advanced(by: value.start)
                        pointers.initializeElement(at: index, to: pointer?.assumingMemoryBound(to: CChar.self))
                        numbers.initializeElement(at: index, to: value.length)
                        numbers.initializeElement(at: values.count + index, to: 1)
                    }
                    let lengths = numbers.baseAddress.map { UnsafePointer($0) }
                    return body(
                        Int32(values.count), pointers.baseAddress.map { UnsafePointer($0) }, lengths,
                        lengths?.advanced(by: values.count))
                }
            }
        }
    }
}
