public import Hummingbird

extension Request {
    /// The version that a change is based on, from `If-Match: "7"`.
    ///
    /// - Throws: 428 where the header is absent, 400 where it is not an ETag of this service (`*` is
    ///   none: a change must say what it is based on).
    public var ifMatch: Int {
        get throws(Problem) {
            guard let version = try ifMatchIfPresent else { throw .preconditionRequired }
            return version
        }
    }

    /// The version of `If-Match`, nil where the header is absent: for dialects that do not ask for it.
    ///
    /// - Throws: 400 where it is not an ETag of this service.
    public var ifMatchIfPresent: Int? {
        get throws(Problem) {
            guard let text = headers[.ifMatch] else { return nil }
            guard let version = ETag(text)?.version else {
                throw .badRequest("If-Match must be one strong ETag, as an answer gave it.")
            }
            return version
        }
    }
}

/// A strong entity tag: the aggregate's version in quotes.
struct ETag: Hashable, Sendable, LosslessStringConvertible {
    let version: Int

    init(version: Int) {
        self.version = version
    }

    init?(_ text: String) {
        // FHIR servers write weak tags, W/"7", and expect them back in If-Match.
        let tag = text.hasPrefix("W/") ? text.dropFirst(2) : text[...]
        guard tag.utf8.count >= 3, tag.first == "\"", tag.last == "\"",
            let version = Int(tag.dropFirst().dropLast()), version >= 0
        else { return nil }
        self.version = version
    }

    var description: String { "\"\(version)\"" }
}
