/// An element of FHIR's XML, which has no text of its own: values are attributes.
struct XMLNode: Hashable, Sendable {
    var name: String
    /// `id`, `url` and `value`; namespaces are checked while reading.
    var attributes: [String: String]
    var children: [XMLNode]
    /// Of a narrative's `div` its source, from `<div` to `</div>`.
    var xhtml: String?
}

/// Why a text is no XML that we read; never with any of the text.
struct XMLFault: Error, Hashable, Sendable {
    var reason: String
    /// From 1.
    var line: Int
    /// Whether it is too large rather than wrong.
    var isSize = false
}
