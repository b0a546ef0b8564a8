public import FoundationEssentials
public import Models
public import Postgres

/// An effect outside the database that is to happen: a webhook, a message to a phone. Carries ids, never an identity.
public struct Delivery: Hashable, Sendable {
    public var id: UUID
    /// Whom it goes to, as the queue's name: one that fails never holds up the others.
    public var partner: String
    public var kind: String
    /// What it is about, so that it can be withdrawn.
    public var subjectID: UUID?
    public var payload: JSONB
    /// Sent along, so that the receiver can tell a repetition. A second delivery with the same key is dropped.
    public var idempotencyKey: String
    public var notBefore: Instant

    public init(
        id: UUID, partner: String, kind: String, subjectID: UUID?, payload: JSONB, idempotencyKey: String,
        notBefore: Instant
    ) {
        self.id = id
        self.partner = partner
        self.kind = kind
        self.subjectID = subjectID
        self.payload = payload
        self.idempotencyKey = idempotencyKey
        self.notBefore = notBefore
    }
}

extension Transaction {
    /// Queues a delivery with the business transaction.
    public func deliver(_ delivery: Delivery, agency: AgencyID) {
        enqueue(
            Self.insertDelivery, agency, delivery.id, delivery.partner, delivery.kind, delivery.subjectID,
            delivery.payload, delivery.idempotencyKey, delivery.notBefore)
    }

    private static let insertDelivery = Statement(
        "delivery.queue",
        """
        insert into message_table.delivery
            (agency_id, delivery_id, partner, kind, subject_id, payload, idempotency_key, next_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (agency_id, idempotency_key) do nothing
        """)
}
