public import FoundationEssentials

extension Bool: PostgresArrayElement {}
extension Int16: PostgresArrayElement {}
extension Int32: PostgresArrayElement {}
extension Int64: PostgresArrayElement {}
extension Int: PostgresArrayElement {}
extension UInt32: PostgresArrayElement {}
extension Float: PostgresArrayElement {}
extension Double: PostgresArrayElement {}
extension String: PostgresArrayElement {}
extension UUID: PostgresArrayElement {}
extension JSONB: PostgresArrayElement {}
extension PostgresTimestamp: PostgresArrayElement {}
extension PostgresDate: PostgresArrayElement {}
extension Optional: PostgresArrayElement where Wrapped: PostgresCodable & PostgresArrayElement {}
