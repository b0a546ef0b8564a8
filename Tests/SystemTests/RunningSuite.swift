import Foundation
import Glibc
import JSON
import Models
import Postgres
import ReferralsSettings
import TestKit
import Testing

@testable import Operator

/// The four real executables on a database of their own, as an operator would run them.
final class RunningSuite: @unchecked Sendable {
    // SAFETY: `processes` and `environment` are only touched by the test that owns the suite, from one task at a time.
    private var processes: [String: Process] = [:]
    private(set) var environment: [String: String]
    /// Secrets and logs.
    let folder: URL
    let database: TestDatabase
    let addresses: SuiteAddresses
    let agency = AgencyID(rawValue: UUID())

    /// How many suites run at the same moment. Each is four processes: more of them on two cores, beside all other tests, and
    /// an answer takes so long that whoever waits for it gives up. Whoever takes a slot and a database takes the slot first.
    static let turns = TestSlots(3)

    /// Starts the suite, runs the body, stops everything.
    ///
    /// - Parameters:
    ///   - variables: settings besides the usual ones.
    ///   - services: those that are started.
    static func with<T: Sendable>(
        _ variables: [String: String] = [:], services: [String] = InstalledServices.names,
        _ body: @Sendable (RunningSuite) async throws -> T
    ) async throws -> T {
        try await turns.inTurn {
            try await TestDatabase.with(migrations: InstalledServices.migrations) { database in
                try await with(database, variables, services: services, body)
            }
        }
    }

    /// The same on a database that is there already, and in a turn that the caller has taken.
    static func with<T: Sendable>(
        _ database: TestDatabase, _ variables: [String: String] = [:], services: [String] = InstalledServices.names,
        _ body: @Sendable (RunningSuite) async throws -> T
    ) async throws -> T {
        let suite = try RunningSuite(database)
        suite.environment.merge(variables) { _, new in new }
        defer { suite.stopAll() }
        try await suite.addAgency()
        for service in services { try await suite.start(service) }
        do {
            return try await body(suite)
        } catch {
            suite.printLogs()
            throw error
        }
    }

    private init(_ database: TestDatabase) throws {
        self.database = database
        folder = FileManager.default.temporaryDirectory.appending(path: "handrail-\(UUID())")
        let secrets = try SecretFolder(folder.path)
        _ = try secrets.makeSecrets(at: WallClock.system.now())
        _ = try secrets.makeLocalIssuer()
        let password = folder.appending(path: "login.password")
        try TestDatabase.password.write(to: password, atomically: true, encoding: .utf8)
        var ports: [String: Int] = [:]
        var environment = [
            "HANDRAIL_ENV": "local", "PATH": "/usr/bin:/bin",
            "HANDRAIL_LOCAL_ISSUER_KEY_FILE": folder.appending(path: "issuer.pem").path,
            "HANDRAIL_TOKEN_ISSUERS": folder.appending(path: "issuers.json").path,
            "HANDRAIL_IDEMPOTENCY_KEY_FILE": folder.appending(path: "idempotency.key").path,
            "HANDRAIL_AUDIT_KEY_FILE": folder.appending(path: "audit-signing.pem").path,
            "HANDRAIL_REFERRALS_KEY_RING_FILE": folder.appending(path: "key-ring.json").path,
            "HANDRAIL_REFERRALS_BLIND_INDEX_KEYS_FILE": folder.appending(path: "blind-index-keys.json").path,
            "HANDRAIL_REFERRALS_TOKEN_KEY_FILE": folder.appending(path: "token-signing.pem").path,
        ]
        for service in InstalledServices.names {
            ports[service] = try Self.freePort()
            for (login, prefix) in InstalledServices.logins(of: service) {
                environment["\(prefix)_DATABASE_URL"] = try Self.url(of: database, login)
                environment["\(prefix)_DATABASE_PASSWORD_FILE"] = password.path
            }
            let prefix = InstalledServices.logins(of: service)[0].prefix
            environment["\(prefix)_LISTEN"] = "127.0.0.1:\(ports[service] ?? 0)"
            environment["\(prefix)_OPERATOR_LISTEN"] = "127.0.0.1:\(try Self.freePort())"
        }
        let operators = InstalledServices.names.compactMap { service in
            environment["\(InstalledServices.logins(of: service)[0].prefix)_OPERATOR_LISTEN"].map { "http://\($0)" }
        }
        self.environment = environment
        func address(_ service: String) -> String { "http://127.0.0.1:\(ports[service] ?? 0)" }
        addresses = SuiteAddresses(
            referrals: address("referrals"), matching: address("peer-matching"), scheduling: address("scheduling"),
            outcomes: address("outcomes"), operators: operators)
    }

    var settings: OperatorSettings { OperatorSettings(environment) }

    /// The cluster's URL for another login and this database, without a password.
    private static func url(of database: TestDatabase, _ login: String) throws -> String {
        guard var url = URLComponents(string: database.cluster) else {
            throw OperatorSettings.Mistake(description: "HANDRAIL_TEST_DATABASE_URL is no URL")
        }
        (url.user, url.password, url.path) = (login, nil, "/" + database.name)
        return url.string ?? ""
    }

    /// The migrator's URL, with its password.
    var migratorURL: String {
        var url = URLComponents(string: database.cluster)
        url?.path = "/" + database.name
        return url?.string ?? ""
    }

    /// A port that nobody listens on at this moment. Below those that the system gives to outgoing connections: one of
    /// these would have it by the time the service starts.
    private static func freePort() throws -> Int {
        for _ in 1...200 {
            let port = Int.random(in: 10_240..<20_000)
            if isFree(port) { return port }
        }
        throw OperatorSettings.Mistake(description: "no free port")
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) == 0 }
        }
    }

    private func addAgency() async throws { try await add(agency) }

    /// Another agency beside that of the test.
    func addSecondAgency() async throws -> AgencyID {
        let other = AgencyID(rawValue: UUID())
        try await add(other)
        return other
    }

    private func add(_ agency: AgencyID) async throws {
        try await database.withPool { pool in
            _ = try await pool.query(
                Agency.insertAgency, agency, "Agency of the test", "America/New_York", true, true)
        }
    }

    // MARK: Processes

    /// Starts a service and waits until it says that it is ready.
    func start(_ service: String) async throws {
        let process = Process()
        process.executableURL = BuiltExecutable(service).url
        process.environment = environment
        let log = folder.appending(path: "\(service).log")
        if !FileManager.default.fileExists(atPath: log.path) {
            _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        }
        let output = try FileHandle(forWritingTo: log)
        try output.seekToEnd()
        process.standardError = output
        process.standardOutput = output
        try process.run()
        processes[service] = process
        try await waitUntilReady(service)
    }

    /// Starts a service that does not stay, and waits for its end.
    ///
    /// - Returns: its exit code, and what it said.
    func runToItsEnd(_ service: String) async throws -> (status: Int32, log: String) {
        let process = Process()
        process.executableURL = BuiltExecutable(service).url
        process.environment = environment
        let log = folder.appending(path: "\(service)-alone.log")
        _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        let output = try FileHandle(forWritingTo: log)
        (process.standardError, process.standardOutput) = (output, output)
        let status = try await Self.end(of: process)
        return (status, try String(contentsOf: log, encoding: .utf8))
    }

    /// Waits until a service says that it is ready.
    func waitUntilReady(_ service: String) async throws {
        let deadline = ContinuousClock.now + .seconds(180)
        while !(try await isReady(service)) {
            guard ContinuousClock.now < deadline, processes[service]?.isRunning == true else {
                printLogs()
                throw OperatorSettings.Mistake(description: "\(service) does not get ready")
            }
            // Asking is a process of its own: asked without a pause, it takes the processor from what it waits for.
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    func isReady(_ service: String) async throws -> Bool {
        let probe = Process()
        probe.executableURL = BuiltExecutable(service).url
        probe.arguments = ["health"]
        probe.environment = environment
        probe.standardOutput = FileHandle.nullDevice
        probe.standardError = FileHandle.nullDevice
        return try await Self.end(of: probe) == 0
    }

    /// Runs a process, and leaves the thread to others until it has ended.
    private static func end(of process: Process) async throws -> Int32 {
        try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
    }

    /// Stops all services and starts them again, without the settings of these names.
    func restart(without names: some Collection<String>) async throws {
        for service in InstalledServices.names { #expect(terminate(service) == 0, "\(service)") }
        for name in names { environment[name] = nil }
        for service in InstalledServices.names { try await start(service) }
    }

    /// Sets a variable for the services that start from now on.
    func set(_ name: String, to value: String) { environment[name] = value }

    /// Lets `referrals` listen for MLLP from its next start on.
    ///
    /// - Returns: the port, on which the client sends.
    func listenForMLLP(from clientID: String) throws -> Int {
        let port = try Self.freePort()
        set("HANDRAIL_REFERRALS_MLLP_LISTEN", to: "127.0.0.1:\(port)=\(clientID)")
        return port
    }

    /// Kills a service without any chance to tidy up.
    func kill(_ service: String) {
        guard let process = processes.removeValue(forKey: service) else { return }
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Asks a service to stop, as an orchestrator does; returns its exit code.
    func terminate(_ service: String) -> Int32 {
        guard let process = processes.removeValue(forKey: service) else { return -1 }
        process.terminate()
        process.waitUntilExit()
        return process.terminationStatus
    }

    private func stopAll() {
        for service in Array(processes.keys) { kill(service) }
        do {
            try FileManager.default.removeItem(at: folder)
        } catch {
            Issue.record("the folder of the test could not be removed")
        }
    }

    /// What one service has logged.
    func logs(of service: String) throws -> String {
        try String(contentsOf: folder.appending(path: "\(service).log"), encoding: .utf8)
    }

    /// Lets the services that start from now on take the tokens of referrals, too.
    func trustReferrals() throws {
        let file = folder.appending(path: "issuers.json")
        let known = try JSONValue.parse(Array(try Data(contentsOf: file))).items
        let referrals: JSONValue = [
            "issuer": .string(addresses.referrals), "jwks": .string("\(addresses.referrals)/auth/keys"),
            "audience": "handrail", "agencies": ["*"],
        ]
        try Data(JSONValue.array(known + [referrals]).serialized()).write(to: file)
    }

    /// Everything the services have logged.
    func logs() throws -> String { try InstalledServices.names.map(log(of:)).joined() }

    /// Everything one service has logged.
    func log(of service: String) throws -> String {
        try String(contentsOf: folder.appending(path: "\(service).log"), encoding: .utf8)
    }

    /// Takes all keys but the current one out of the key ring's file.
    func keepOnlyCurrentRingKey() throws {
        try SecretFile(folder.appending(path: "key-ring.json")).replace { content in
            let ring = try KeyRingFile(json: content)
            return try KeyRingFile(current: ring.current, keys: ring.keys.filter { $0.id == ring.current }).json
        }
    }

    private func printLogs() {
        do {
            print(try logs().suffix(20_000))
        } catch {
            print("no logs")
        }
    }

    /// A journey through this suite; `report` hears of each step.
    func journey(
        report: @escaping @Sendable (_ who: String, _ what: String) async throws -> Void = { _, _ in }
    ) async throws -> Journey {
        try await journey(of: agency, report: report)
    }

    /// A journey of one of the agencies.
    func journey(
        of agency: AgencyID,
        report: @escaping @Sendable (_ who: String, _ what: String) async throws -> Void = { _, _ in }
    ) async throws -> Journey {
        Journey(
            addresses: addresses, agency: agency, issuer: try await LocalIssuer(settings), caller: Caller(),
            clock: .system, report: report)
    }
}
