import Foundation

/// The R4 models of the Python package `fhir.resources`, which nobody of ours wrote, in a virtual environment that is made
/// once and kept in the user's cache folder.
struct IndependentValidator: Sendable {
    /// Nil where Python or the package cannot be had.
    static let shared = IndependentValidator()

    private let python: URL

    // 6.1.0 is the last version that speaks R4; later ones begin with R4B.
    private static let packages = ["fhir.resources==6.1.0", "pydantic<2"]

    private init?() {
        let caches = FileManager.default.urls(for: .cachesDirectory, in: .userDomainMask).first
        guard let folder = caches?.appending(path: "handrail-tests/fhir.resources-6.1.0") else { return nil }
        python = folder.appending(path: "bin/python")
        if isUsable { return }
        let made =
            Self.run(URL(filePath: "/usr/bin/env"), ["python3", "-m", "venv", "--clear", folder.path]).status == 0
        guard made,
            Self.run(python, ["-m", "pip", "install", "--quiet", "--retries", "1"] + Self.packages).status == 0,
            isUsable
        else { return nil }
    }

    private var isUsable: Bool {
        FileManager.default.isExecutableFile(atPath: python.path)
            && Self.run(python, ["-c", "import fhir.resources.task"]).status == 0
    }

    /// What is wrong with each resource, by its name; empty where all are valid.
    func faults(in resources: [String: [UInt8]]) throws -> [String] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "fhir-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer {
            // SAFETY: what is left in the temporary folder harms nobody.
            try? FileManager.default.removeItem(at: folder)
        }
        for (name, bytes) in resources { try Data(bytes).write(to: folder.appending(path: "\(name).json")) }
        let (status, output) = Self.run(python, ["-c", Self.script, folder.path])
        let lines = output.split(separator: "\n").map(String.init)
        guard status == 0, let last = lines.last, last == "checked \(resources.count)" else {
            return ["the validator stopped: \(output)"]
        }
        return lines.dropLast()
    }

    private static let script = """
        import json, pathlib, sys
        from fhir.resources import get_fhir_model_class
        files = sorted(pathlib.Path(sys.argv[1]).iterdir())
        for file in files:
            resource = json.loads(file.read_text())
            try:
                get_fhir_model_class(resource["resourceType"]).parse_obj(resource)
            except Exception as error:
                print(file.stem, " ".join(str(error).split()))
        print("checked", len(files))
        """

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
