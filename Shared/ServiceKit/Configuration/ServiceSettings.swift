/// The validated settings of one service process, read from environment variables; see ``reference``.
public struct ServiceSettings: Sendable {
    /// Where the process runs: decides what may be left out.
    public enum Deployment: String, CaseIterable, Sendable {
        case local, production
    }

    public var deployment: Deployment
}
