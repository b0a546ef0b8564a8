internal import FHIR
internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird

/// The two ways in which a resource is written.
enum FHIRFormat: String, CaseIterable, Hashable, Sendable {
    case json, xml

    /// What the request that is being answered asked for. With the task and not with each call: a resource is written at
    /// the end of thirty handlers, which have nothing else to do with it.
    @TaskLocal static var asked = FHIRFormat.json

    /// As answers name it.
    var mediaType: String {
        switch self {
        case .json: "application/fhir+json"
        case .xml: "application/fhir+xml"
        }
    }

    /// All names under which it is known (R4 §3.1.0.1.9).
    var names: [String] {
        switch self {
        case .json: ["application/fhir+json", "application/json", "text/json", "json"]
        case .xml: ["application/fhir+xml", "application/xml", "text/xml", "xml"]
        }
    }

    /// Those that a body may come as.
    static let consumed = ["application/fhir+json", "application/json", "application/fhir+xml", "application/xml"]

    /// By its name, without parameters; nil for another media type.
    init?(named text: String) {
        let name = text.prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
        guard let format = Self.allCases.first(where: { $0.names.contains(name) }) else { return nil }
        self = format
    }

    /// What an answer is to be written in: `_format`, else what `Accept` prefers, else JSON.
    init(askedBy request: Request) {
        let items = R4.SearchQuery.items(of: request.uri.query ?? "")
        // In a query a plus that nobody escaped is read as a space.
        let wish = items.first { $0.name == "_format" }?.value.replacing(" ", with: "+")
        if let wish, let format = FHIRFormat(named: wish) {
            self = format
            return
        }
        var best: (format: FHIRFormat, quality: Double) = (.json, 0)
        for part in (request.headers[.accept] ?? "").split(separator: ",") {
            guard let format = FHIRFormat(named: part.trimming { $0 == " " }) else { continue }
            let parameter = part.split(separator: ";").dropFirst().map { $0.filter { $0 != " " } }
                .first { $0.hasPrefix("q=") }
            let quality = parameter.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            if quality > best.quality { best = (format, quality) }
        }
        self = best.format
    }

    /// What a body is written in.
    init(of request: Request) {
        self = request.headers[.contentType].flatMap(FHIRFormat.init(named:)) ?? .json
    }

    /// Reads a resource.
    func read(_ bytes: [UInt8]) throws(R4.Refusal) -> FHIRDocument {
        switch self {
        case .json: try FHIRDocument.parse(bytes)
        case .xml: try FHIRDocument.parse(xml: bytes)
        }
    }

    /// Writes a resource.
    func write(_ document: FHIRDocument) throws(R4.Refusal) -> [UInt8] {
        switch self {
        case .json: document.serialized()
        case .xml: try document.serializedXML()
        }
    }
}

extension Substring {
    fileprivate func trimming(_ isOutside: (Character) -> Bool) -> String {
        var text = drop(while: isOutside)
        while let last = text.last, isOutside(last) { text.removeLast() }
        return String(text)
    }
}
