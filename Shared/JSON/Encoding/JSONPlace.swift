/// Where one value is to be written while it is encoded.
///
/// A class, because containers that are values write into it, some of them after others of the same object were begun.
final class JSONPlace: Encoder {
    /// Where it stands in the one around it; the whole path is put together only for an error.
    enum Around {
        case root
        case member(String, of: JSONPlace)
        case item(Int, of: JSONPlace)
        /// Of one that holds this one, until it is written to.
        case held(JSONKey, by: WeakPlace)
    }

    struct WeakPlace {
        weak var place: JSONPlace?
    }

    /// What stands at a member or an item: written already, or still a place.
    enum Part {
        case value(JSONValue)
        case place(JSONPlace)

        var value: JSONValue {
            switch self {
            case .value(let value): value
            case .place(let place): place.value
            }
        }
    }

    private enum Content {
        case scalar(JSONValue)
        case object([(name: String, part: Part)])
        case array([Part])
    }

    private let around: Around
    private var content: Content?

    init(_ around: Around) {
        self.around = around
    }

    /// What was written here; an empty object where nothing was, which is what a type without properties is.
    var value: JSONValue {
        switch content {
        case nil: .object(JSONObject())
        case .scalar(let value): value
        case .array(let parts): .array(parts.map(\.value))
        case .object(let members):
            members.count <= JSONObject.fewMembers
                ? .object(JSONObject(members.lazy.map { ($0.name, $0.part.value) }))
                // Many members are a dictionary, whose names are distinct.
                : .object(JSONObject(distinct: members.map { .init(name: $0.name, value: $0.part.value) }))
        }
    }

    var userInfo: [CodingUserInfoKey: Any] { [:] }

    var codingPath: [any CodingKey] {
        switch around {
        case .root: []
        case .member(let name, let place): place.codingPath + [JSONKey(name)]
        case .item(let index, let place): place.codingPath + [JSONKey(intValue: index)]
        case .held(let key, let holder): (holder.place?.codingPath ?? []) + [key]
        }
    }

    func container<Key: CodingKey>(keyedBy _: Key.Type) -> KeyedEncodingContainer<Key> {
        if case .object = content {} else { content = .object([]) }
        return KeyedEncodingContainer(JSONObjectWriting<Key>(place: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if case .array = content {} else { content = .array([]) }
        return JSONArrayWriting(place: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    // MARK: Writing

    func write(_ value: JSONValue) { content = .scalar(value) }

    func write(_ part: Part, named name: String) {
        guard case .object(var members) = content else { return }
        content = nil
        members.append((name, part))
        content = .object(members)
    }

    func append(_ part: Part) {
        guard case .array(var parts) = content else { return }
        content = nil
        parts.append(part)
        content = .array(parts)
    }

    var count: Int {
        if case .array(let parts) = content { parts.count } else { 0 }
    }
}
