public import FoundationEssentials
public import Models
public import Postgres

// The value types of Models as PostgreSQL stores them. Here, because the client knows nothing of Handrail and the models
// know nothing of databases.

extension ID: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    public static var postgresType: PostgresType { .uuid }
    public func encode(postgres bytes: inout [UInt8]) { rawValue.encode(postgres: &bytes) }
    @inlinable
    public init?(postgres cell: Cell) {
        guard let uuid = UUID(postgres: cell) else { return nil }
        self.init(rawValue: uuid)
    }
}

extension Instant: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    public static var postgresType: PostgresType { .timestamptz }
    public func encode(postgres bytes: inout [UInt8]) {
        PostgresTimestamp(microsecondsSince1970: microseconds).encode(postgres: &bytes)
    }
    public init?(postgres cell: Cell) {
        guard let timestamp = PostgresTimestamp(postgres: cell) else { return nil }
        self.init(microseconds: timestamp.microsecondsSince1970)
    }
}

extension CivilDate: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    public static var postgresType: PostgresType { .date }
    public func encode(postgres bytes: inout [UInt8]) {
        PostgresDate(daysSince1970: daysSince1970).encode(postgres: &bytes)
    }
    public init?(postgres cell: Cell) {
        guard let date = PostgresDate(postgres: cell) else { return nil }
        self.init(daysSince1970: date.daysSince1970)
    }
}

extension Setting: PostgresEncodable, PostgresDecodable {}
extension Priority: PostgresEncodable, PostgresDecodable {}
extension ProgrammeCode: PostgresEncodable, PostgresDecodable {}
extension BedsideOutcome: PostgresEncodable, PostgresDecodable {}
extension ContactOutcome: PostgresEncodable, PostgresDecodable {}
extension ContactMode: PostgresEncodable, PostgresDecodable {}
extension ClosingReason: PostgresEncodable, PostgresDecodable {}
extension MatchKind: PostgresEncodable, PostgresDecodable {}
extension DispatchStep: PostgresEncodable, PostgresDecodable {}
extension DispatchDeadline: PostgresEncodable, PostgresDecodable {}
extension AppointmentStatus: PostgresEncodable, PostgresDecodable {}
extension PlacementStatus: PostgresEncodable, PostgresDecodable {}
extension LinkageStatus: PostgresEncodable, PostgresDecodable {}

extension Carried: PostgresEncodable, PostgresDecodable {
    public static var postgresType: PostgresType { .text }
    public func encode(postgres bytes: inout [UInt8]) { text.encode(postgres: &bytes) }
    public init?(postgres cell: Cell) {
        guard let text = String(postgres: cell) else { return nil }
        self.init(text)
    }
}
