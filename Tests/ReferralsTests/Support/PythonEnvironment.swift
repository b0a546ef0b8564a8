import Foundation

/// Python packages that nobody of ours wrote, in a virtual environment that is made once and kept in the user's cache folder.
struct PythonEnvironment: Sendable {
    private let python: URL

    /// Nil where Python or the packages cannot be had.
    ///
    /// - Parameters:
    ///   - name: of the environment: packages with their versions.
    ///   - probe: what imports only where the packages are there.
    init?(_ name: String, packages: [String], probe: String) {
        let caches = FileManager.default.urls(for: .cachesDirectory, in: .userDomainMask).first
        guard let folder = caches?.appending(path: "handrail-tests/\(name)") else { return nil }
        python = folder.appending(path: "bin/python")
        if isUsable(probe) { return }
        let made = Self.run(URL(filePath: "/usr/bin/env"), ["python3", "-m", "venv", "--clear", folder.path])
        guard made.status == 0,
            Self.run(python, ["-m", "pip", "install", "--quiet", "--retries", "1"] + packages).status == 0,
            isUsable(probe)
        else { return nil }
    }

    /// Runs a script, and gives what it printed.
    func run(_ script: String, _ arguments: [String]) -> (status: Int32, output: String) {
        Self.run(python, ["-c", script] + arguments)
    }

    /// The same on a thread of its own, for scripts that talk to this process.
    func runAside(_ script: String, _ arguments: [String]) async -> (status: Int32, output: String) {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: run(script, arguments)) }
        }
    }

    /// A script that goes on running until its input ends. Each part of what it prints is waited for on a thread of its own.
    struct Running: Sendable {
        let process: Process
        let input: FileHandle
        let output: FileHandle

        /// Its next line, without what ends it; nil where there is none any more.
        func line() async -> String? {
            await aside {
                var bytes: [UInt8] = []
                while let byte = try output.read(upToCount: 1)?.first {
                    if byte == UInt8(ascii: "\n") { return String(decoding: bytes, as: UTF8.self) }
                    bytes.append(byte)
                }
                return nil
            }
        }

        /// Ends its input, and gives what it prints until it ends.
        func rest() async -> String {
            await aside {
                try input.close()
                let rest = try output.readToEnd() ?? Data()
                process.waitUntilExit()
                return String(decoding: rest, as: UTF8.self)
            } ?? ""
        }

        private func aside(_ body: @escaping @Sendable () throws -> String?) async -> String? {
            await withCheckedContinuation { continuation in
                Thread.detachNewThread {
                    do { continuation.resume(returning: try body()) } catch { continuation.resume(returning: nil) }
                }
            }
        }
    }

    /// Starts a script; what it says of its mistakes goes where this process says its own.
    func start(_ script: String, _ arguments: [String]) throws -> Running {
        let process = Process()
        process.executableURL = python
        process.arguments = ["-c", script] + arguments
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        return Running(process: process, input: input.fileHandleForWriting, output: output.fileHandleForReading)
    }

    private func isUsable(_ probe: String) -> Bool {
        FileManager.default.isExecutableFile(atPath: python.path) && run(probe, []).status == 0
    }

    private static func run(_ program: URL, _ arguments: [String]) -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        do { try process.run() } catch { return (-1, "\(error)") }
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
