public import FoundationEssentials
public import Models
internal import Postgres

/// One published message, as a consumer group sees it.
public struct Message: Hashable, Sendable {
    /// The number in the log: messages of one key are handled in its order.
    public let id: Int64
    public let messageID: UUID
    public let topic: String
    public let key: String
    /// The aggregate's version after the event; nil for what was scheduled.
    public let version: Int?
    public let agencyID: AgencyID
    public let slot: Int
    public let headers: MessageHeaders
    public let occurredAt: Instant
    /// UTF-8 JSON.
    public let payload: [UInt8]
}

extension Message {
    /// Reads the columns in the order of the properties, with slot and headers before the time.
    init(_ row: Row) throws {
        let (id, messageID, topic, key, version, agency, slot, headers, occurredAt, payload) = try row.decode(
            (Int64, UUID, String, String, Int?, AgencyID, Int, JSONB, Instant, JSONB).self)
        self.init(
            id: id, messageID: messageID, topic: topic, key: key, version: version, agencyID: agency, slot: slot,
            headers: try MessageHeaders(json: headers.bytes), occurredAt: occurredAt,
            payload: payload.bytes)
    }
}
