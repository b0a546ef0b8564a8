/// A place in a JSON value: names of members and indexes of elements, from the root.
public struct JSONPath: Hashable, Sendable, ExpressibleByArrayLiteral {
    /// One step down.
    public enum Step: Hashable, Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
        case member(String)
        case element(Int)

        public init(stringLiteral value: String) { self = .member(value) }
        public init(integerLiteral value: Int) { self = .element(value) }
    }

    public var steps: [Step]

    public init(arrayLiteral elements: Step...) {
        steps = elements
    }

    /// The steps in their order; none is the root.
    public init(_ steps: some Sequence<Step>) {
        self.steps = Array(steps)
    }

    /// As FHIRPath writes it under a root: `Bundle.entry[0].resource`.
    public func expression(in root: String) -> String {
        steps.reduce(root) { text, step in
            switch step {
            case .member(let name): "\(text).\(name)"
            case .element(let index): "\(text)[\(index)]"
            }
        }
    }
}

extension JSONValue {
    /// The value at a place; nil where the way ends. Setting makes missing objects on the way; setting nil removes a
    /// member. An element can only be set where it exists, and nothing is set through a value of another kind.
    public subscript(path: JSONPath) -> JSONValue? {
        get {
            path.steps.reduce(Optional(self)) { value, step in
                switch step {
                case .member(let name): value?.object?[name]
                case .element(let index): value?.array.flatMap { $0.indices.contains(index) ? $0[index] : nil }
                }
            }
        }
        set { set(newValue, at: path.steps[...]) }
    }

    private mutating func set(_ newValue: JSONValue?, at steps: ArraySlice<JSONPath.Step>) {
        guard let step = steps.first else {
            if let newValue { self = newValue }
            return
        }
        let rest = steps.dropFirst()
        switch (step, self) {
        case (.member(let name), .object(var object)):
            if rest.isEmpty {
                object[name] = newValue
            } else if newValue != nil || object[name] != nil {
                var child = object[name] ?? .object(JSONObject())
                child.set(newValue, at: rest)
                object[name] = child
            }
            self = .object(object)
        case (.element(let index), .array(var array)) where array.indices.contains(index):
            array[index].set(newValue, at: rest)
            self = .array(array)
        default: break
        }
    }
}
