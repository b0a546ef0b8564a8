public import Hummingbird

/// The routes of a service with their handlers. A service builds one and gives it to ``ServiceDefinition``.
///
/// A handler runs after authentication, the rate limit, the check of role and scope, and with the body read and
/// bounded. It throws a ``Problem`` to refuse.
public struct Routes: Sendable {
    /// Answers an admitted request, or throws a ``Problem`` or an error that ``mapErrors(_:)`` knows.
    public typealias Handler = @Sendable (Request, APIContext) async throws -> Response
    /// Turns a problem into the answer of a dialect, such as a FHIR OperationOutcome.
    public typealias ProblemRenderer = @Sendable (Problem, Request, APIContext) -> Response

    struct Entry: Sendable {
        let route: Route
        let handle: Handler
    }

    private(set) var entries: [Entry] = []
    private(set) var renderers: [(prefix: String, render: ProblemRenderer)] = []

    private(set) var problemOf: @Sendable (any Error) -> Problem? = { _ in nil }

    public init() {}

    /// Every declared route, in the order of declaration.
    public var declared: [Route] { entries.map(\.route) }

    /// Adds a route. Declaring the same method and template twice is a mistake that stops the process at its start.
    public mutating func add(_ route: Route, _ handle: @escaping Handler) {
        entries.append(Entry(route: route, handle: handle))
    }

    /// Problems of requests below `prefix` are rendered by `render` instead of as `application/problem+json`.
    public mutating func renderProblems(under prefix: String, _ render: @escaping ProblemRenderer) {
        renderers.append((prefix, render))
    }

    /// Turns the domain's errors into problems: called once, with a function that is exhaustive over the codes of the
    /// service's own errors and answers nil for all others.
    public mutating func mapErrors(_ problemOf: @escaping @Sendable (any Error) -> Problem?) {
        self.problemOf = problemOf
    }
}
