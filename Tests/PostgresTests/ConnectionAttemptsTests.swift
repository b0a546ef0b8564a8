import Testing

@testable import Postgres

/// Servers are tried in turn, each for its share of the time.
@Suite struct ConnectionAttemptsTests {
    let start = ContinuousClock.now

    private func attempts(_ count: Int, seconds: Int = 6, share: Duration = .seconds(2)) -> ConnectionAttempts {
        ConnectionAttempts(
            (0..<count).map { ["hostaddr": "10.0.0.\($0)"] }, until: start + .seconds(seconds), share: share)
    }

    @Test("each gets its share and the last one all that is left")
    func shares() {
        var attempts = attempts(2)
        #expect(attempts.next(at: start)?.deadline == start + .seconds(2))
        #expect(attempts.next(at: start + .seconds(2))?.deadline == start + .seconds(6))
        let end = attempts.next(at: start + .seconds(2))
        #expect(end == nil)
    }

    @Test("a single server has all of the time")
    func single() {
        var attempts = attempts(1)
        #expect(attempts.next(at: start)?.deadline == start + .seconds(6))
    }

    @Test("many servers share equally, and what one does not use is the others'")
    func many() {
        var attempts = attempts(6)
        #expect(attempts.next(at: start)?.deadline == start + .seconds(1))
        // Refused at once: five are left for six seconds.
        #expect(attempts.next(at: start)?.deadline == start + .milliseconds(1200))
    }

    @Test("nobody is asked when the time is over")
    func over() {
        var attempts = attempts(2)
        _ = attempts.next(at: start)
        attempts.failed(.tookTooLong)
        let late = attempts.next(at: start + .seconds(6))
        #expect(late == nil)
        #expect(attempts.error.code == .cannotConnect)
    }

    @Test("a refused login is not tried on the next server")
    func login() {
        var attempts = attempts(3)
        _ = attempts.next(at: start)
        attempts.failed(.cannotConnect("failed: FATAL:  28P01: password authentication failed for user \"anna\""))
        let next = attempts.next(at: start)
        #expect(next == nil)
        #expect(attempts.error.sqlState == "28P01")
    }

    @Test("the error says what was wrong with each, and names none of them")
    func error() {
        var attempts = attempts(2)
        _ = attempts.next(at: start)
        attempts.failed(.cannotConnect("connection to server at \"db.test\", port 1 failed: Connection refused"))
        _ = attempts.next(at: start)
        attempts.failed(.cannotConnect("connection to server at \"db2.test\", port 1 failed: session is read-only"))
        let text = "\(attempts.error)"
        #expect(
            text
                == "PostgreSQL: cannotConnect: 1 of 2: nobody listens at the address; 2 of 2: the server takes no writes"
        )
        #expect(attempts.error.debugDescription.contains("db2.test"))
    }

    @Test(
        "why there is no connection is said without what libpq and the server say",
        arguments: [
            ("x failed: FATAL:  57P03: das Datenbanksystem startet", "57P03", "starting up"),
            ("x failed: FATAL:  3D000: database \"anna\" does not exist", "3D000", "no such database"),
            ("server certificate for \"anna\" does not match host name \"b\"", nil, "another name"),
            ("SSL error: certificate verify failed", nil, "could not be verified"),
            ("connection to server at \"::1\", port 5 failed: Connection refused", nil, "nobody listens"),
        ])
    func explanation(_ message: String, sqlState: String?, said: String) {
        let error = PostgresError.cannotConnect(message)
        #expect(error.code == .cannotConnect && error.sqlState == sqlState)
        #expect(error.description.contains(said) && !error.description.contains("anna"))
    }

    @Test("what nobody foresaw has no explanation rather than a wrong one")
    func unknown() {
        #expect(PostgresError.cannotConnect("FATAL:  99999: certificate verify failed").explanation == nil)
        #expect(PostgresError.cannotConnect(nil) == PostgresError(.cannotConnect))
    }
}
