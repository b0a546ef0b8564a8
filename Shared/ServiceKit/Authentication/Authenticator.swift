/// Tells from a bearer token who is asking.
///
/// The one in use is made by ``TokenVerifier``; a test gives its own closure.
public struct Authenticator: Sendable {
    let principal: @Sendable (_ token: String) async throws(Problem) -> Principal

    /// - Parameter principal: throws ``Problem/unauthenticated``, with a ``Denial``, where the token is no good.
    public init(_ principal: @escaping @Sendable (_ token: String) async throws(Problem) -> Principal) {
        self.principal = principal
    }
}
