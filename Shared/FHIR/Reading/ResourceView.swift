/// A resource read into the values that we work with, beside the document it came from.
public protocol ResourceView: Hashable, Sendable {
    /// The `resourceType` that it reads.
    static var resourceType: String { get }

    /// The resource as received.
    var document: FHIRDocument { get }

    /// Reads and validates a resource.
    ///
    /// - Parameter expression: where the resource lies, for the issues; the type by itself if nil.
    /// - Throws: every issue found (up to a bound), not only the first.
    init(_ document: FHIRDocument, at expression: String?) throws(R4.Refusal)
}

extension ResourceView {
    /// Reads and validates a resource that stands by itself.
    public init(_ document: FHIRDocument) throws(R4.Refusal) { try self.init(document, at: nil) }

    static func read(
        _ document: FHIRDocument, at expression: String?, _ body: (ElementReader) -> Self?
    ) throws(R4.Refusal) -> Self {
        let place = expression ?? resourceType
        guard document.resourceType == resourceType else {
            throw R4.Refusal(.invalid, "A \(resourceType) is expected here.", at: [place])
        }
        let notes = IssueNotes()
        let reader = ElementReader(object: document.json, expression: place, notes: notes)
        if let id = reader.string("id"), !R4.isID(id) {
            notes.note(.value, "An id is 1 to 64 letters, digits, - and .", at: reader.path("id"))
        }
        _ = reader.many("extension", R4.Extension.self)
        _ = reader.many("modifierExtension", R4.Extension.self)
        _ = reader.one("meta", R4.Meta.self)
        let value = body(reader)
        guard let value, !notes.hasErrors else {
            throw R4.Refusal(
                notes.hasErrors ? notes.issues : [.init(.invalid, "The resource cannot be read.", at: [place])]
            )
        }
        return value
    }

    /// The logical id, where there is one.
    public var id: String? { document.id }
}
