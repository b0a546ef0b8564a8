/// Reads JSON into `Decodable` types and refuses what the type does not ask for.
public enum StrictJSON {
    /// - Throws: 400 where the bytes are not JSON; 422 with pointers where they do not fit the type.
    public static func decode<Value: Decodable>(
        _ type: Value.Type,
        from bytes: some Collection<UInt8>
    ) throws(Problem) -> Value {
        throw .internalError
    }
}
