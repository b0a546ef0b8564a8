/// What one caller contributes to a batch: settings that row-level security looks at, then its statements.
///
/// All of it happens or nothing, as in a transaction of its own. What may be in it: at most one statement that changes
/// data, made so that it provokes no errors (`on conflict do nothing returning …`); `clock_timestamp()` or a parameter,
/// never `now()`, which is the batch's; no deferrable constraints and no deferred triggers on its tables; nothing slow. No
/// row back from an insert that lost against another one means: read again in a new statement.
public struct BatchCall: Sendable {
    let settings: LocalSettings
    let ifLost: IfLost
    private(set) var steps: [Step] = []

    /// What happens to a call whose connection breaks before the answer came, so that nobody knows whether it was done.
    public enum IfLost: Hashable, Sendable {
        /// The caller is told, by code `outcomeUnknown`.
        case tell
        /// It is run again: it only reads, or carries an idempotency key, so that twice is once.
        case repeatIt
    }

    public init(_ settings: LocalSettings = .none, ifLost: IfLost = .tell) {
        self.settings = settings
        self.ifLost = ifLost
    }

    /// Adds a statement; its rows are at the same place in the result.
    public mutating func add<each P: PostgresEncodable>(_ statement: Statement, _ parameters: repeat each P) {
        steps.append(Step(statement, Bindings(repeat each parameters)))
    }

    /// As a request of its own.
    var ownSteps: [Step] { settings.steps + steps }
}

/// How batches are made.
public struct BatchLimits: Hashable, Sendable {
    /// How many connections they share. Few win: what waits for one makes its next batch larger.
    public var connections = 2
    /// How many callers share one batch at most.
    public var depth = 32
    /// How long a statement in a batch waits for a lock. One that would wait longer leaves the batch and waits alone.
    public var lockTimeout: Duration = .milliseconds(100)
    /// How long a statement in a batch may run. One that runs longer leaves the batch and runs alone.
    public var statementTimeout: Duration = .seconds(1)

    public init() {}
}
