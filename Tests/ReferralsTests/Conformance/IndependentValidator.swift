import Foundation

/// The R4 models of the Python package `fhir.resources`, which nobody of ours wrote.
struct IndependentValidator: Sendable {
    /// Nil where Python or the package cannot be had.
    static let shared = IndependentValidator()

    private let python: PythonEnvironment

    // 6.1.0 is the last version that speaks R4; later ones begin with R4B.
    private init?() {
        guard
            let python = PythonEnvironment(
                "fhir.resources-6.1.0", packages: ["fhir.resources==6.1.0", "pydantic<2"],
                probe: "import fhir.resources.task")
        else { return nil }
        self.python = python
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
        let (status, output) = python.run(Self.script, [folder.path])
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
}
