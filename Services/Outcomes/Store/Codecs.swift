internal import FoundationEssentials
internal import JSON
public import OutcomesDomain
public import Postgres

// The domain's codes are stored as text, by their raw values.
extension InstrumentCode: PostgresEncodable, PostgresDecodable {}
extension MissingReason: PostgresEncodable, PostgresDecodable {}
extension ScoringRule.Algorithm: PostgresEncodable, PostgresDecodable {}
extension Score.Absence: PostgresEncodable, PostgresDecodable {}
extension SafetyDisposition: PostgresEncodable, PostgresDecodable {}
extension TimelineKind: PostgresEncodable, PostgresDecodable {}
extension DatePrecision: PostgresEncodable, PostgresDecodable {}
extension SourceTier: PostgresEncodable, PostgresDecodable {}
extension MeasureCode: PostgresEncodable, PostgresDecodable {}

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
