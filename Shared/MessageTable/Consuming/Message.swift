public import FoundationEssentials
internal import JSON
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

extension Message {
    /// Whom it is about, where it says so, also in a message that cannot be handled: every event that is about somebody
    /// names them in the same way.
    var participantID: ParticipantID? {
        do {
            return try JSONValue.parse(payload)["participantID"]?.string.flatMap { ParticipantID($0) }
        } catch {
            return nil
        }
    }
}
