public import Confidentiality
public import Models

/// Which laws bind an agency, as its operator configured it. A request of an agency that is not in it is refused.
public struct AgencyDirectory: Sendable {
    /// Nil for an agency that nobody configured.
    public let law: @Sendable (AgencyID) async throws -> AgencyLaw?

    public init(_ law: @escaping @Sendable (AgencyID) async throws -> AgencyLaw?) {
        self.law = law
    }
}
