public import Foundation

/// One of the executables as it was built with the tests.
public struct BuiltExecutable: Sendable {
    /// What a run left: its exit code, and what it wrote to standard output and standard error.
    public struct Result: Sendable {
        public let code: Int32
        public let output: String
    }

    /// Beside the test bundle.
    public let url: URL?

    /// - Parameter name: `handrail`, `referrals`, …
    public init(_ name: String) {
        url = Bundle.main.executableURL?.deletingLastPathComponent().appending(path: name)
    }

    /// Runs it to its end, with these variables and no others.
    public func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> Result {
        let log = FileManager.default.temporaryDirectory.appending(path: "output-\(UUID().uuidString)")
        _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        let output = try FileHandle(forWritingTo: log)
        let process = Process()
        (process.executableURL, process.arguments, process.environment) = (url, arguments, environment)
        (process.standardOutput, process.standardError) = (output, output)
        let code = try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Int32, any Error>) in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        let text = String(decoding: try Data(contentsOf: log), as: UTF8.self)
        try FileManager.default.removeItem(at: log)
        return Result(code: code, output: text)
    }
}
