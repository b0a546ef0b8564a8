internal import JSON

/// Reads JSON into `Decodable` types and refuses members that the type does not know.
public enum StrictJSON {
    /// - Throws: 400 where the bytes are not JSON; 422 with a pointer to each unknown member, or to the first value
    ///   that does not fit the type.
    public static func decode<Value: Decodable>(
        _ type: Value.Type,
        from bytes: some Collection<UInt8>
    ) throws(Problem) -> Value {
        let (value, unknown): (Value, [String])
        do {
            (value, unknown) = try parse(bytes).decodeNamingUnknown()
        } catch let error as DecodingError {
            throw .invalid([Problem.FieldError(error)])
        } catch let problem as Problem {
            throw problem
        } catch {
            throw .invalid("", "does not fit")
        }
        guard unknown.isEmpty else { throw .invalid(unknown.map { .init($0, "unknown member") }) }
        return value
    }

    static func parse(_ bytes: some Collection<UInt8>) throws(Problem) -> JSONValue {
        do {
            return try JSONValue.parse(bytes, limits: .strict)
        } catch {
            throw .badRequest("The body is not JSON: \(error).")
        }
    }
}

extension Problem.FieldError {
    /// The error of a `Decodable` type in words for the sender of the text.
    init(_ error: DecodingError) {
        switch error {
        case .keyNotFound(let key, let context):
            self.init(jsonPointer(context.codingPath + [key]), "missing")
        case .valueNotFound(_, let context):
            self.init(jsonPointer(context.codingPath), "must not be null")
        case .typeMismatch(_, let context):
            self.init(jsonPointer(context.codingPath), context.debugDescription)
        case .dataCorrupted(let context):
            // The standard library quotes the value of an unknown enum case here; it belongs to the sender alone, but
            // is of no use to them either.
            let isUnknownCase = context.debugDescription.hasPrefix("Cannot initialize")
            self.init(
                jsonPointer(context.codingPath),
                isUnknownCase ? "not one of the values it can have" : context.debugDescription
            )
        @unknown default:
            self.init("", "does not fit")
        }
    }
}
