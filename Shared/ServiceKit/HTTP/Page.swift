public import Hummingbird
public import JSON

/// A list in pages: keyset paging, where the cursor names the last item that was seen, never an offset.
public struct Page<Item: Sendable>: Sendable {
    /// At most as many as were asked for, in the order of the list.
    public var items: [Item]
    /// The `cursor` of the next page; nil on the last one.
    public var next: Cursor?

    public init(items: [Item], next: Cursor?) {
        self.items = items
        self.next = next
    }

    /// A page from rows of which one more than `limit` was asked for: the surplus one says that there is more.
    ///
    /// - Parameter after: the sort key of the last item of the page, in the order of the query's `ORDER BY`.
    public init(_ rows: [Item], limit: Int, after key: (Item) -> [String]) {
        items = Array(rows.prefix(limit))
        next = rows.count > limit ? items.last.map { Cursor(key($0)) } : nil
    }
}

extension Page: Encodable where Item: Encodable {}

/// The same text as the encoder's.
extension Page: JSONWritable where Item: JSONWritable {
    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.array("items", items) { json, item in json.value(item) }
            json.field("next", ifPresent: next?.description)
        }
    }
}

/// Where a page ends, opaque to callers: the values of the sort key, base64url-encoded.
public struct Cursor: Hashable, Sendable, LosslessStringConvertible, Encodable {
    /// The sort key's values as text, in the order of `ORDER BY`.
    public let values: [String]

    public init(_ values: [String]) {
        self.values = values
    }

    /// Reads what ``description`` wrote; anything else is nil.
    public init?(_ description: String) {
        guard let bytes = Base64URL.decode(description.utf8), bytes.count <= 1024, !bytes.isEmpty,
            let text = String(validating: bytes, as: UTF8.self)
        else { return nil }
        values = text.split(separator: "\u{1F}", omittingEmptySubsequences: false).map(String.init)
    }

    public var description: String { Base64URL.encode(values.joined(separator: "\u{1F}").utf8) }

    /// The value at `index` as a type of the sort key.
    ///
    /// - Throws: 422 pointing at `cursor` where it is missing or of another type.
    public func value<Value: LosslessStringConvertible>(
        _ index: Int,
        as: Value.Type = Value.self
    ) throws(Problem) -> Value {
        guard values.indices.contains(index), let value = Value(values[index]) else {
            throw .invalid("cursor", "not a cursor of this list")
        }
        return value
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// Which page is asked for: `?limit=50&cursor=…`.
public struct PageRequest: Hashable, Sendable {
    /// 1–200; 50 where it is not given.
    public var limit: Int
    /// Where the page before this one ended; nil for the first page.
    public var cursor: Cursor?

    /// No page is larger.
    public static let largestLimit = 200
}

extension Request {
    /// The page that the query asks for.
    ///
    /// - Throws: 422 pointing at `limit` or `cursor`.
    public func page() throws(Problem) -> PageRequest {
        let limit = try query("limit", as: Int.self) ?? 50
        guard (1...PageRequest.largestLimit).contains(limit) else {
            throw .invalid("limit", "1 to \(PageRequest.largestLimit)")
        }
        return PageRequest(limit: limit, cursor: try query("cursor", as: Cursor.self))
    }

    /// A query parameter, nil where it is absent.
    ///
    /// - Throws: 422 pointing at the parameter where it is of another type or given twice.
    public func query<Value: LosslessStringConvertible>(
        _ name: String,
        as: Value.Type = Value.self
    ) throws(Problem) -> Value? {
        let values = uri.queryParameters[values: name[...]]
        guard let text = values.first else { return nil }
        guard values.count == 1 else { throw .invalid(name, "given more than once") }
        guard let value = Value(String(text)) else { throw .invalid(name, "not readable") }
        return value
    }
}
