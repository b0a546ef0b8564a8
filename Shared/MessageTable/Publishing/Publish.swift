public import FoundationEssentials
public import Models
public import Postgres

extension Transaction {
    /// Publishes an event with the business transaction: it exists if and only if the transaction commits.
    ///
    /// A plain insert that travels with the transaction's next statement. The transaction must have the agency set.
    /// - Throws: ``MessageError`` where the event cannot be written as JSON.
    public func publish<E: Event>(
        _ event: E, agency: AgencyID, headers: MessageHeaders
    ) throws(MessageError) {
        enqueue(
            Self.insertMessage, E.topic, event.key, event.version, agency, try MessageJSON.encode(event),
            headers.json)
    }

    /// Puts an event aside until it is due; then it is published, without an aggregate version.
    ///
    /// The handler must read the state again: what was cancelled meanwhile stays cancelled.
    /// - Parameters:
    ///   - id: the caller's own id for it; the same id again replaces the due time and the payload.
    public func schedule<E: Event>(
        _ event: E, id: UUID, dueAt: Instant, agency: AgencyID, headers: MessageHeaders
    ) throws(MessageError) {
        var headers = headers
        // It happens when it is due, not when it was put aside.
        headers.rehearsedAt = nil
        enqueue(
            Self.insertScheduled, agency, id, dueAt, E.topic, event.key, try MessageJSON.encode(event),
            headers.json)
    }

    /// Takes a scheduled event back. Nothing happens when it is gone already.
    public func unschedule(id: UUID, agency: AgencyID) {
        enqueue(Self.deleteScheduled, agency, id)
    }

    private static let insertMessage = Statement(
        "message.publish",
        """
        insert into message_table.message (topic, key, version, agency_id, payload, headers)
        values ($1, $2, $3, $4, $5, $6)
        """)

    private static let insertScheduled = Statement(
        "scheduled.put",
        """
        insert into message_table.scheduled (agency_id, message_id, due_at, topic, key, payload, headers)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (agency_id, message_id)
        do update set due_at = excluded.due_at, payload = excluded.payload, headers = excluded.headers
        """)

    private static let deleteScheduled = Statement(
        "scheduled.remove", "delete from message_table.scheduled where agency_id = $1 and message_id = $2")
}
