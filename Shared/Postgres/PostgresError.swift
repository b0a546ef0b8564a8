/// What went wrong between this process and PostgreSQL.
///
/// `description` is safe to log: it names the statement, the SQLSTATE and the constraint, never a parameter, a row, or
/// the server's text, which may quote them. The server's own first line is in `debugDescription` only.
public struct PostgresError: Error, Hashable, Sendable {
    public enum Code: String, Sendable {
        /// No connection could be opened; nothing was sent.
        case cannotConnect
        /// The connection broke, and with it the transaction: nothing of it stays, unless it says otherwise.
        case connectionLost
        /// The connection broke after something had been sent that changes data, and before its answer: it may or may not
        /// have been done. Look, or send it again under the same idempotency key.
        case outcomeUnknown
        /// The task was cancelled; where the statement ran already it was stopped on the server.
        case cancelled
        /// The caller's time was over; where the statement ran already it was stopped on the server.
        case deadlineExceeded
        /// PostgreSQL refused the statement; see ``PostgresError/sqlState``.
        case server
        /// A value in a row is not what the program takes it for.
        case decoding
        /// All connections are busy and as many callers as allowed are already waiting, or the wait took too long.
        case overloaded
        /// The pool no longer gives out connections.
        case shutDown
        /// The transaction had failed before, so its commit was answered with a rollback.
        case transactionAborted
        /// The program used the client against its rules.
        case misuse
    }

    public var code: Code
    /// The server's five characters, such as `23505`.
    public var sqlState: String?
    /// The constraint that refused a row.
    public var constraint: String?
    /// The statement's name in this program.
    public var statement: String?
    /// The column and the two types of a decoding error, or what was misused. Never a value.
    public var explanation: String?
    /// The server's primary message. It may quote data: for debugging, never for logs or answers.
    public var serverMessage: String?

    public init(
        _ code: Code, sqlState: String? = nil, constraint: String? = nil, statement: String? = nil,
        explanation: String? = nil, serverMessage: String? = nil
    ) {
        self.code = code
        self.sqlState = sqlState
        self.constraint = constraint
        self.statement = statement
        self.explanation = explanation
        self.serverMessage = serverMessage
    }

    public var isUniqueViolation: Bool { sqlState == "23505" }
    public var isForeignKeyViolation: Bool { sqlState == "23503" }
    public var isCheckViolation: Bool { sqlState == "23514" }
    public var isExclusionViolation: Bool { sqlState == "23P01" }
    /// The whole transaction may be tried again: it lost against another one and left nothing behind.
    public var isRetryable: Bool { sqlState == "40001" || sqlState == "40P01" || sqlState == "55P03" }

    /// The connection broke, so that what was in flight has no known end.
    var leavesOutcomeOpen: Bool { code == .connectionLost || (sqlState.map { $0.hasPrefix("57P0") } ?? false) }
    /// A prepared statement no longer fits its tables, or is gone: once it is prepared again it works.
    var isStalePlan: Bool { sqlState == "0A000" || sqlState == "26000" }
    /// The server stopped the statement because it was asked to, or because of its own limit in time.
    var isCancellation: Bool { sqlState == "57014" }

    /// The connection must not be used again: the server is going down, has become read-only, or the link is broken.
    var spoilsConnection: Bool {
        if code == .connectionLost { return true }
        guard let sqlState else { return false }
        return sqlState == "25006" || sqlState.hasPrefix("57P0") || sqlState.hasPrefix("08")
    }
}

extension PostgresError: CustomStringConvertible, CustomDebugStringConvertible {
    public var description: String {
        var text = "PostgreSQL: \(code.rawValue)"
        if let sqlState { text += " \(sqlState)" }
        if let constraint { text += " constraint \(constraint)" }
        if let statement { text += " in \(statement)" }
        if let explanation { text += ": \(explanation)" }
        return text
    }

    public var debugDescription: String {
        serverMessage.map { "\(description) — \($0)" } ?? description
    }
}
