/// The members of a JSON object in their order. No name appears twice.
public struct JSONObject: Hashable, Sendable {
    /// One name with its value.
    public struct Member: Hashable, Sendable {
        public let name: String
        public var value: JSONValue

        /// A member of that name.
        public init(name: String, value: JSONValue) {
            (self.name, self.value) = (name, value)
        }
    }

    /// The members in the order in which they were written.
    public private(set) var members: [Member]

    /// An object without members.
    public init() {
        members = []
    }

    /// The members in this order; of a name that comes twice the later value holds, at the first place.
    public init(_ members: some Sequence<(String, JSONValue)>) {
        self.init()
        for (name, value) in members { self[name] = value }
    }

    /// Trusts that no name appears twice; the parser has looked.
    init(distinct members: [Member]) {
        self.members = members
    }

    public var isEmpty: Bool { members.isEmpty }

    /// The names in their order.
    public var names: [String] { members.map(\.name) }

    /// The value of a name. Setting replaces at its place or appends; setting nil removes.
    public subscript(name: String) -> JSONValue? {
        get { members.first { $0.name == name }?.value }
        set {
            let index = members.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(name: name, value: value))
            case (nil, nil): break
            }
        }
    }

    /// Sets the member when there is a value; otherwise leaves the object alone.
    public mutating func set(_ name: String, ifPresent value: JSONValue?) {
        if let value { self[name] = value }
    }

    /// The same object with each value changed, names and order kept.
    public func mapValues(_ change: (String, JSONValue) -> JSONValue) -> JSONObject {
        JSONObject(distinct: members.map { Member(name: $0.name, value: change($0.name, $0.value)) })
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }
}
