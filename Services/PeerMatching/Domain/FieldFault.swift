/// What is wrong with a value from outside: where, as a JSON pointer into it, and what, in words safe to show.
public struct FieldFault: Hashable, Sendable {
    public var pointer: String
    public var detail: String

    public init(_ pointer: String, _ detail: String) {
        self.pointer = pointer
        self.detail = detail
    }
}
