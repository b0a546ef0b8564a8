internal import FoundationEssentials
internal import JSON
internal import Models
public import Postgres
public import SchedulingDomain

// The domain's codes are stored as text, by their raw values.
extension PhaseCode: PostgresEncodable, PostgresDecodable {}
extension ContactPurpose: PostgresEncodable, PostgresDecodable {}
extension ContactPlan.Status: PostgresEncodable, PostgresDecodable {}
extension PlannedContact.Status: PostgresEncodable, PostgresDecodable {}
extension Outreach.Status: PostgresEncodable, PostgresDecodable {}
extension ClosureReason: PostgresEncodable, PostgresDecodable {}
extension CancellationReason: PostgresEncodable, PostgresDecodable {}
extension Absence.Reason: PostgresEncodable, PostgresDecodable {}

/// A zone is stored by its identifier; one that this system does not know cannot be read.
extension CivilZone: PostgresEncodable, PostgresDecodable {
    public static var postgresType: PostgresType { .text }
    public func encode(postgres bytes: inout [UInt8]) { identifier.encode(postgres: &bytes) }
    public init?(postgres cell: Cell) {
        guard let text = String(postgres: cell) else { return nil }
        self.init(identifier: text)
    }
}

extension JSONB {
    /// A value as JSON for a `jsonb` column.
    init(encoding value: some Encodable) throws {
        self.init(try JSONValue.text(of: value))
    }

    /// The column's JSON as a value.
    func decoded<Value: Decodable>(as _: Value.Type) throws -> Value {
        try JSONValue.decode(from: bytes)
    }
}
