public import FoundationEssentials
public import Models
public import Postgres

/// The handlers of one service: an independent reader of the whole log. Topics without a handler are passed over.
public struct ConsumerGroup: Sendable {
    typealias Handler = @Sendable (Message, HandlerContext) async throws -> Void

    /// The group's name in the database. It never changes: a new name would begin anew.
    public let name: String
    private(set) var handlers: [String: Handler] = [:]

    public init(_ name: String) {
        self.name = name
    }

    /// Handles events of one topic.
    ///
    /// The handler runs inside a transaction that also acknowledges the message, so its writes happen exactly once
    /// unless an operator has the message handled again. It must do nothing outside that transaction: what concerns the
    /// outside is a ``Delivery``.
    public mutating func on<E: Event>(
        _: E.Type, _ handle: @escaping @Sendable (E, HandlerContext) async throws -> Void
    ) {
        handlers[E.topic] = { message, context in
            try await handle(try MessageJSON.decode(E.self, message.payload), context)
        }
    }
}

/// What a handler works with.
public struct HandlerContext: Sendable {
    /// The transaction of the service's login, with the message's agency set.
    public let transaction: Transaction
    public let message: Message
    /// The present, by the service's clock.
    public let now: Instant

    public var agencyID: AgencyID { message.agencyID }
    /// The headers that messages caused by this one carry on.
    public var headers: MessageHeaders { message.headers }

    public init(transaction: Transaction, message: Message, now: Instant) {
        self.transaction = transaction
        self.message = message
        self.now = now
    }

    /// Publishes an event for the same agency, with the headers carried on.
    public func publish<E: Event>(_ event: E) throws(MessageError) {
        try transaction.publish(event, agency: agencyID, headers: headers)
    }

    /// Schedules an event for the same agency; the same id again replaces it.
    public func schedule<E: Event>(_ event: E, id: UUID, dueAt: Instant) throws(MessageError) {
        try transaction.schedule(event, id: id, dueAt: dueAt, agency: agencyID, headers: headers)
    }

    public func unschedule(id: UUID) {
        transaction.unschedule(id: id, agency: agencyID)
    }
}
