internal import CLibPQ

/// Where and as whom to connect, and the limits that hold for each connection.
public struct ConnectionSettings: Sendable {
    /// libpq's keywords and values.
    private(set) var parameters: [String: String]

    /// How long opening may take, with name resolution, TLS and authentication.
    ///
    /// `connect_timeout` in the URL sets it to so many seconds for each server that the URL names.
    public var connectTimeout: Duration = .seconds(5)
    /// How long one server may take where the settings name several; then the next one is tried. Its name has as long
    /// to be resolved, and each of its addresses to connect. `connect_timeout` in the URL sets it.
    public var perHostTimeout: Duration = .seconds(2)
    /// After this time the server gives up a statement.
    public var statementTimeout: Duration = .seconds(30)
    /// After this time the server gives up waiting for a lock.
    public var lockTimeout: Duration = .seconds(10)
    /// A transaction that sits idle holds back the clean-up of the whole database.
    public var idleInTransactionTimeout: Duration = .seconds(30)

    /// How long a link may be silent although something is asked of it; nil for longer than a statement may take.
    var silence: Duration?

    /// - Parameters:
    ///   - url: a libpq connection URI or keyword string, without a password.
    ///   - password: from a file or secret store; nil leaves it to the URI and libpq.
    ///   - applicationName: shown in `pg_stat_activity`.
    /// - Throws: ``PostgresError`` of code `misuse` where libpq cannot read the URL. The URL itself is not quoted.
    public init(url: String, password: String? = nil, applicationName: String) throws(PostgresError) {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(url, &message) else {
            PQfreemem(message)
            throw PostgresError(.misuse, explanation: "the connection URL cannot be read")
        }
        defer { PQconninfoFree(options) }
        var parameters: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { parameters[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        parameters["password"] = password ?? parameters["password"]
        parameters["application_name"] = applicationName
        parameters["client_encoding"] = "UTF8"
        // A server that is gone without a word is noticed within a minute, also by a listener, which asks for nothing. The
        // system's own limits are hours.
        parameters.merge(
            [
                "keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3",
                "tcp_user_timeout": "30000",
            ]
        ) { named, _ in named }
        self.parameters = parameters
        // libpq leaves this limit to whoever connects without blocking, which is us.
        if let seconds = parameters["connect_timeout"].flatMap({ Int($0) }), seconds > 0 {
            perHostTimeout = .seconds(seconds)
            connectTimeout = .seconds(seconds) * (ServerHosts(parameters)?.count ?? 1)
        }
    }

    /// The same settings for another database of the same server.
    public func database(_ name: String) -> ConnectionSettings {
        var copy = self
        copy.parameters["dbname"] = name
        return copy
    }

    /// The same settings for another login.
    public func login(_ user: String, password: String?) -> ConnectionSettings {
        var copy = self
        copy.parameters["user"] = user
        copy.parameters["password"] = password
        return copy
    }

    /// True when the connection cannot leave this machine: a Unix socket or a loopback address.
    public var isLoopback: Bool {
        let hosts = (parameters["hostaddr"] ?? parameters["host"] ?? "").split(separator: ",")
        return hosts.allSatisfy { $0.hasPrefix("/") || $0 == "localhost" || $0.hasPrefix("127.") || $0 == "::1" }
    }

    /// True when the server's certificate and name are verified.
    public var verifiesServer: Bool { parameters["sslmode"] == "verify-full" }

    /// libpq's arguments, with the limits as server settings.
    ///
    /// Statements keep the plan that does not depend on values, which is the one that plan tests look at. Left to itself the
    /// server plans a statement with a limit anew each time, because it takes an unknown limit for a tenth of the rows: of
    /// a page of 50 that was 0.45 of 0.9 ms.
    var arguments: [String: String] {
        var arguments = parameters
        let limits = [
            ("statement_timeout", statementTimeout), ("lock_timeout", lockTimeout),
            ("idle_in_transaction_session_timeout", idleInTransactionTimeout),
        ]
        let flags = (limits.map { "-c \($0)=\($1.inMilliseconds)" } + ["-c plan_cache_mode=force_generic_plan"])
            .joined(separator: " ")
        arguments["options"] = [parameters["options"], flags].compactMap(\.self).joined(separator: " ")
        return arguments
    }
}

extension Duration {
    /// Whole milliseconds, at least one: for the server 0 means no limit.
    fileprivate var inMilliseconds: Int64 {
        max(1, components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000)
    }
}
