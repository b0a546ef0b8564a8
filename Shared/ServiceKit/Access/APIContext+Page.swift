public import Confidentiality
public import Models
public import Postgres

extension APIContext {
    /// A page of a list about participants as this requester may see it, with the audit row that says whom it told of.
    ///
    /// Whoever may not be told of is left out, so a page can be shorter than asked for while there are more.
    ///
    /// - Parameters:
    ///   - participant: whom an item is about.
    ///   - asked: whose list it is, where one was named: told of with the items, which may stand under another id of
    ///     the same person.
    ///   - within: what remains of an item under its permit; nil keeps it as it is.
    /// - Throws: as ``permits(listing:as:in:at:)``.
    public func audited<Item>(
        _ page: Page<Item>, about participant: (Item) -> ParticipantID, asked: ParticipantID? = nil,
        as relationship: Relationship, in transaction: Transaction, at now: Instant,
        within: ((Item, Permit) -> Item)? = nil
    ) async throws -> Page<Item> {
        var told = page.items.map(participant)
        if let asked, !told.isEmpty { told.append(asked) }
        let permits = try await permits(listing: told, as: relationship, in: transaction, at: now)
        try transaction.audit(AuditRecord(listing: permits), self)
        var shown = page
        shown.items = page.items.compactMap { item in
            permits[participant(item)].map { within?(item, $0) ?? item }
        }
        return shown
    }
}
