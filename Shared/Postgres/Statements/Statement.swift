/// One SQL statement of the program: its name in logs and metrics, and its text with numbered parameters.
///
/// Both are literals, so that no value can ever be written into the text. It is prepared once per connection.
public struct Statement: Hashable, Sendable {
    public let name: String
    public let sql: String

    /// - Parameters:
    ///   - name: `aggregate.operation`, such as `peer.find`.
    ///   - sql: one statement; parameters are `$1`, `$2`, …
    public init(_ name: StaticString, _ sql: StaticString) {
        self.name = name.description
        self.sql = sql.description
    }

    /// Of parts that were literals.
    init(name: String, sql: String) {
        (self.name, self.sql) = (name, sql)
    }

    public static func == (left: Statement, right: Statement) -> Bool {
        left.name == right.name && left.sql == right.sql
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
    }
}

/// Settings that hold until the end of one transaction, such as the agency that row-level security looks at.
public struct LocalSettings: Hashable, Sendable {
    public var values: [Setting]

    public struct Setting: Hashable, Sendable {
        public var name: String
        public var value: String
    }

    public init(_ values: [(name: String, value: String)] = []) {
        self.values = values.map { Setting(name: $0.name, value: $0.value) }
    }

    public static let none = LocalSettings()

    static let set = Statement("postgres.set_config", "select set_config($1, $2, true)")

    /// The statements that set them; they go out in front of the first statement of the transaction.
    var steps: [Step] {
        values.map { Step(Self.set, Bindings($0.name, $0.value)) }
    }
}

/// A statement with the values of one call.
struct Step: Sendable {
    let statement: Statement
    let bindings: Bindings

    init(_ statement: Statement, _ bindings: Bindings) {
        self.statement = statement
        self.bindings = bindings
    }

    static let begin = Step(Statement("postgres.begin", "begin"), Bindings())
    static let commit = Step(Statement("postgres.commit", "commit"), Bindings())
    static let rollback = Step(Statement("postgres.rollback", "rollback"), Bindings())
}
