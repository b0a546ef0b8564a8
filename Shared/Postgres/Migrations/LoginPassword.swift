internal import CLibPQ

extension MigrationRunner {
    /// Sets the passwords of logins. What is sent is the SCRAM verifier, so that no log of the server ever holds one.
    ///
    /// - Parameter passwords: login name to password; names of letters, digits and underscores only.
    public func setPasswords(_ passwords: [String: String]) async throws(PostgresError) {
        let connection = try await Connection.open(settings, on: reactor)
        do {
            for (login, password) in passwords.sorted(by: { $0.key < $1.key }) {
                try await connection.setPassword(of: login, to: password)
            }
            connection.close()
        } catch {
            connection.close()
            throw error
        }
    }
}

extension Connection {
    fileprivate func setPassword(of login: String, to password: String) async throws(PostgresError) {
        guard !login.isEmpty,
            login.utf8.allSatisfy({ $0 == 0x5F || (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) })
        else { throw PostgresError(.misuse, explanation: "not the name of a login") }
        guard let verifier = scramVerifier(password, login) else {
            throw PostgresError(.misuse, explanation: "no verifier for the password of \(login)")
        }
        try await runScript("alter role \(login) login password '\(verifier)'")
    }
}
