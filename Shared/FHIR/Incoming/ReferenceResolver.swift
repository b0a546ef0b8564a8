internal import JSON

/// Finds what references inside a bundle mean (R4 §3.1.6 Bundle, resolving references).
struct ReferenceResolver {
    private var byFullURL: [String: Int] = [:]
    private var byTypeAndID: [String: [Int]] = [:]
    private let entries: [R4.Bundle.Entry]

    init(_ entries: [R4.Bundle.Entry]) {
        self.entries = entries
        for (index, entry) in entries.enumerated() {
            if let url = entry.fullURL { byFullURL[Self.normalized(url)] = index }
            if let resource = entry.resource, let id = resource.id {
                byTypeAndID["\(resource.resourceType)/\(id)", default: []].append(index)
            }
        }
    }

    /// The entry that a reference in entry `source` points to; nil where it points outside the bundle.
    func entry(of reference: R4.Reference, from source: Int) -> Int? {
        switch reference.target {
        case .urn(let urn): return byFullURL[urn]
        case .absolute(let url, _, _): return byFullURL[Self.normalized(url)]
        case .relative(let type, let id, _):
            let relative = "\(type)/\(id)"
            if let root = root(of: source), let index = byFullURL[Self.normalized("\(root)\(relative)")] {
                return index
            }
            // A client that gives urn:uuid as fullUrl and still refers by type and id means its own resource.
            let candidates = byTypeAndID[relative] ?? []
            return candidates.count == 1 ? candidates[0] : nil
        case .conditional(let type, let query):
            let wanted = R4.SearchQuery.items(of: query).identifier
            let candidates = entries.indices.filter { index in
                entries[index].resource?.resourceType == type && wanted != nil
                    && (entries[index].resource?.hasIdentifier(wanted) ?? false)
            }
            return candidates.count == 1 ? candidates[0] : nil
        case .logical(let identifier):
            let candidates = entries.indices.filter { index in
                entries[index].resource?.resourceType == (reference.type ?? "Patient")
                    && (entries[index].resource?.hasIdentifier(identifier) ?? false)
            }
            return candidates.count == 1 ? candidates[0] : nil
        case .contained, .unreadable, nil: return nil
        }
    }

    /// The service root of a RESTful fullUrl.
    private func root(of index: Int) -> String? {
        guard let url = entries[index].fullURL, case .absolute(_, let type?, let id?) = R4.Reference.Target(url),
            url.hasSuffix("\(type)/\(id)")
        else { return nil }
        return String(url.dropLast(type.count + id.count + 1))
    }

    private static func normalized(_ url: String) -> String {
        url.lowercased().hasPrefix("urn:") ? url.lowercased() : url
    }
}

extension FHIRDocument {
    func hasIdentifier(_ wanted: R4.Identifier?) -> Bool {
        guard let wanted, let value = wanted.value else { return false }
        return (json["identifier"]?.array ?? []).contains {
            $0[["value"]]?.string == value && (wanted.system == nil || $0[["system"]]?.string == wanted.system)
        }
    }
}

extension R4.SearchQuery {
    /// Names and values of a query string, percent-decoded; `+` is a space.
    public static func items(of query: String) -> [Item] {
        query.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return Item(decoded(parts[0]), parts.count > 1 ? decoded(parts[1]) : "")
        }
    }

    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let value = UInt8(String(rest.prefix(2)) ?? "", radix: 16),
                rest.count >= 2
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
