/// A string, a number, a boolean or null.
extension JSONPlace: SingleValueEncodingContainer {
    func encodeNil() { write(.null) }
    func encode(_ value: Bool) { write(.bool(value)) }
    func encode(_ value: String) { write(.string(value)) }
    func encode(_ value: Double) throws { write(try number(value, "\(value)")) }
    func encode(_ value: Float) throws { write(try number(Double(value), "\(value)")) }
    func encode(_ value: Int) { whole(value) }
    func encode(_ value: Int8) { whole(value) }
    func encode(_ value: Int16) { whole(value) }
    func encode(_ value: Int32) { whole(value) }
    func encode(_ value: Int64) { whole(value) }
    func encode(_ value: UInt) { whole(value) }
    func encode(_ value: UInt8) { whole(value) }
    func encode(_ value: UInt16) { whole(value) }
    func encode(_ value: UInt32) { whole(value) }
    func encode(_ value: UInt64) { whole(value) }
    func encode(_ value: some Encodable) throws { try value.encode(to: self) }

    private func whole(_ value: some FixedWidthInteger) { write(.number(JSONNumber(verified: String(value)))) }

    private func number(_ value: Double, _ text: String) throws -> JSONValue {
        guard value.isFinite else {
            throw EncodingError.invalidValue(
                value, .init(codingPath: codingPath, debugDescription: "JSON has no such number"))
        }
        // A whole one without its fraction, so that it can be read back as a whole number too.
        return .number(JSONNumber(verified: text.hasSuffix(".0") ? String(text.dropLast(2)) : text))
    }
}
