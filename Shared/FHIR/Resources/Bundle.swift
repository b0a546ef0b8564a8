internal import JSON

extension R4 {
    /// Several resources together (R4 Bundle). Reading it does not read its resources into views.
    public struct Bundle: ResourceView {
        /// http://hl7.org/fhir/bundle-type
        public enum Kind: String, CaseIterable, Hashable, Sendable {
            case document, message, transaction, batch, history, searchset, collection
            case transactionResponse = "transaction-response"
            case batchResponse = "batch-response"
        }

        public static let resourceType = "Bundle"
        public let document: FHIRDocument
        public let kind: Kind
        public let total: Int?
        public let entries: [Entry]

        /// One of its parts.
        public struct Entry: Hashable, Sendable {
            /// `Bundle.entry[3]`.
            public let expression: String
            public let fullURL: String?
            public let resource: FHIRDocument?
            public let request: Request?
        }

        /// What is to be done with an entry of a transaction.
        public struct Request: Hashable, Sendable {
            public let method: String
            public let url: String
            /// A search query: create only if nothing matches it.
            public let ifNoneExist: String?
            public let ifMatch: String?
        }

        public init(_ document: FHIRDocument, at expression: String?) throws(Refusal) {
            self = try Self.read(document, at: expression) { Self($0, document) }
        }

        private init?(_ reader: ElementReader, _ document: FHIRDocument) {
            reader.require("type")
            let kind: Kind? = reader.code("type")
            self.document = document
            total = reader.object["total"]?.integer
            if reader.has("total"), total == nil {
                reader.notes.note(.structure, "The element total must be an integer.", at: reader.path("total"))
            }
            entries = reader.many("entry")
            guard let kind else { return nil }
            self.kind = kind
            if total != nil, kind != .searchset, kind != .history {
                reader.notes.note(.invariant, "total is for searchset and history (bdl-1).", at: reader.path("total"))
            }
            if kind == .transaction || kind == .batch {
                for entry in entries where entry.request == nil {
                    reader.notes.note(
                        .invariant, "Each entry of a transaction or batch needs a request (bdl-3).",
                        at: "\(entry.expression).request"
                    )
                }
            }
            noteRepeatedFullURLs(reader.notes)
        }

        private func noteRepeatedFullURLs(_ notes: IssueNotes) {
            guard kind != .history else { return }
            var seen: Set<String> = []
            for entry in entries {
                guard let fullURL = entry.fullURL else { continue }
                let version = entry.resource?.versionID ?? ""
                if !seen.insert("\(fullURL)|\(version)").inserted {
                    notes.note(
                        .invariant, "A fullUrl stands once in a bundle (bdl-7).", at: "\(entry.expression).fullUrl"
                    )
                }
            }
        }
    }
}

extension R4.Bundle.Entry: ElementReadable {
    init?(_ reader: ElementReader) {
        expression = reader.expression
        fullURL = reader.string("fullUrl")
        request = reader.one("request")
        guard let element = reader.element("resource") else {
            resource = nil
            return
        }
        do throws(R4.Refusal) {
            // The rules for JSON were checked for the whole bundle.
            guard let type = element.object["resourceType"]?.string, R4.isTypeName(type) else {
                throw R4.Refusal(.structure, "A resource needs its resourceType.", at: [element.expression])
            }
            resource = FHIRDocument(trusted: element.object, type: type)
        } catch {
            for issue in error.issues { reader.notes.note(issue) }
            resource = nil
        }
    }
}

extension R4.Bundle.Request: ElementReadable {
    init?(_ reader: ElementReader) {
        reader.require("method", "url")
        ifNoneExist = reader.string("ifNoneExist")
        ifMatch = reader.string("ifMatch")
        let (method, url) = (reader.code("method", in: .httpVerb), reader.string("url"))
        guard let method, let url else { return nil }
        (self.method, self.url) = (method, url)
    }
}
