/// An enum type that somebody created in the database, or a domain over text, as a Swift type with its labels.
///
/// ```swift
/// enum Mood: String, PostgresEnum { case calm, low }
/// struct Tag: PostgresEnum { let rawValue: String }     // any label
/// ```
///
/// The number of such a type differs from one database to the next. A parameter is therefore sent without a type, so
/// that the server takes the one of its place in the statement; and a value is read from any user-defined type and from
/// text, where its bytes are one of the labels. Other Swift types never read a user-defined type.
public protocol PostgresEnum: PostgresCodable, PostgresArrayElement, RawRepresentable where RawValue == String {}

extension PostgresEnum {
    public static var postgresType: PostgresType { .unspecified }
    public static func reads(_ type: PostgresType) -> Bool { type.isUserDefined || String.reads(type) }

    public init?(postgres cell: Cell) {
        guard Self.reads(cell.type), let label = String(valid: cell.bytes) else { return nil }
        self.init(rawValue: label)
    }
}
