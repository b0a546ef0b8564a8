// Why libpq could not open a connection, in words that are safe to log: its own text names hosts, logins and files.
extension PostgresError {
    static let tookTooLong = PostgresError(.cannotConnect, explanation: "it took too long")

    /// - Parameter message: libpq's, in its verbose form, in which the server's SQLSTATE can be found.
    static func cannotConnect(_ message: String?) -> PostgresError {
        let sqlState = message.flatMap(Self.sqlState)
        return PostgresError(
            .cannotConnect, sqlState: sqlState, explanation: explanation(message ?? "", sqlState),
            serverMessage: message)
    }

    private static func explanation(_ message: String, _ sqlState: String?) -> String? {
        // What the server says is in its own language, and may quote anything: only its SQLSTATE counts.
        guard let sqlState else { return texts.first { message.contains($0.text) }?.explanation }
        return sqlStates.first { sqlState.hasPrefix($0.text) }?.explanation
    }

    private static let sqlStates: [(text: String, explanation: String)] = [
        ("28", "the server refused the login"),
        ("3D000", "there is no such database"),
        ("53300", "the server has no connection left"),
        ("57P0", "the server is starting up or shutting down"),
    ]

    /// Pieces of the texts of libpq, OpenSSL and the system, all in their untranslated form; the first that fits counts.
    private static let texts: [(text: String, explanation: String)] = [
        ("session is read-only", "the server takes no writes"),
        ("session is not read-only", "the server is not of the kind that target_session_attrs asks for"),
        ("hot standby mode", "the server is not of the kind that target_session_attrs asks for"),
        ("does not match host name", "the server's certificate is for another name"),
        ("could not get server's host name", "the server's certificate names no host"),
        ("certificate verify failed", "the server's certificate could not be verified"),
        ("root certificate file", "the file of sslrootcert cannot be read"),
        ("private key file", "the client's certificate or key cannot be used"),
        ("certificate file", "the client's certificate or key cannot be used"),
        ("alert", "the server refused the TLS handshake"),
        ("does not support SSL", "the server does not speak TLS"),
        ("channel binding", "channel binding was required and is not possible"),
        ("no password supplied", "no password was given"),
        ("Connection refused", "nobody listens at the address"),
        ("No such file or directory", "nobody listens at the address"),
        ("No route to host", "the network does not reach the server"),
        ("Network is unreachable", "the network does not reach the server"),
        ("server closed the connection", "the server closed the connection"),
    ]

    /// The five characters in `FATAL:  28P01: …`.
    private static func sqlState(in message: String) -> String? {
        let parts = message.split(separator: ":", omittingEmptySubsequences: false)
        return parts.dropFirst().dropLast().first { part in
            part.count == 7 && part.hasPrefix("  ")
                && part.utf8.dropFirst(2).allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }
        }.map { String($0.dropFirst(2)) }
    }
}
