public import Hummingbird
internal import NIOCore

extension Request {
    /// The body as a value of a request type, read strictly.
    ///
    /// Members that the type does not ask for, members given twice and values of another type are refused, so that a
    /// misspelt field is never silently without effect.
    ///
    /// - Throws: 400 where the body is not JSON; 422 with a JSON pointer to each unknown member, or to the first value
    ///   that does not fit.
    public func decode<Value: Decodable>(_ type: Value.Type, context: APIContext) async throws(Problem) -> Value {
        try StrictJSON.decode(type, from: context.body.readableBytesView)
    }
}
