public import FoundationEssentials

extension Bool: PostgresArrayElement {}
extension Int16: PostgresArrayElement {}
extension Int32: PostgresArrayElement {}
extension Int64: PostgresArrayElement {}
extension Int: PostgresArrayElement {}
extension UInt32: PostgresArrayElement {}
extension Float: PostgresArrayElement {}
extension Double: PostgresArrayElement {}
extension PostgresNumeric: PostgresArrayElement {}
extension String: PostgresArrayElement {}
extension UUID: PostgresArrayElement {}
extension JSONB: PostgresArrayElement {}
extension PostgresTimestamp: PostgresArrayElement {}
extension PostgresDate: PostgresArrayElement {}
extension PostgresInterval: PostgresArrayElement {}
extension PostgresRange: PostgresArrayElement {}
/// Arrays of `bytea`. Arrays of arrays are not read or sent.
extension Array: PostgresArrayElement where Element == UInt8 {}
extension Optional: PostgresArrayElement where Wrapped: PostgresCodable & PostgresArrayElement {}
