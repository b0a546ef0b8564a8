internal import MessageTable
internal import Models
internal import PeerMatchingDomain
internal import Postgres

/// Statements about shifts.
enum ShiftStatements {
    static let insert = Statement(
        "shift.insert",
        """
        insert into matching.shift (
            agency_id, shift_id, peer_id, line, call_order, starts_at, ends_at, created_at
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        """
    )

    static let find = Statement(
        "shift.find",
        """
        select shift_id, peer_id, line, call_order, starts_at, ends_at
        from matching.shift
        where agency_id = $1 and shift_id = $2
        """
    )

    /// A peer's shifts that begin between two instants.
    static let ofPeer = Statement(
        "shift.of_peer",
        """
        select shift_id, peer_id, line, call_order, starts_at, ends_at
        from matching.shift
        where agency_id = $1 and peer_id = $2 and starts_at between $3 and $4
        order by starts_at
        """
    )

    /// Who is on call on a line at an instant: a shift lasts a day at most.
    static let onCall = Statement(
        "shift.on_call",
        """
        select shift_id, peer_id, line, call_order, starts_at, ends_at
        from matching.shift
        where agency_id = $1 and line = $2 and starts_at <= $3 and starts_at > $3 - interval '24 hours' and ends_at > $3
        order by call_order
        """
    )

    /// The same, locked in one order: two dispatches of an agency then look for a free peer one after the other.
    static let lockOnCall = Statement(
        "shift.lock_on_call",
        """
        select shift_id
        from matching.shift
        where agency_id = $1 and line = $2 and starts_at <= $3 and starts_at > $3 - interval '24 hours' and ends_at > $3
        order by shift_id
        for update
        """
    )

    static let delete = Statement(
        "shift.delete",
        """
        delete from matching.shift
        where agency_id = $1 and shift_id = $2
        """
    )
}

extension Store {
    /// Adds a shift.
    ///
    /// - Throws: ``StoreError`` `noSuchPeer`, `shiftTooClose`, `placeTaken`.
    func insert(_ shift: Shift, _ rules: Policy.RotaRules) async throws {
        guard try await !transaction.query(PeerStatements.lock, agencyID, shift.peerID).isEmpty else {
            throw StoreError(.noSuchPeer)
        }
        // The peer is locked, so no other shift of theirs can appear between this look and the insert.
        let reach = Shift.longest + .seconds(rules.restHours * 3600)
        let near = try await transaction.query(
            ShiftStatements.ofPeer, agencyID, shift.peerID, shift.startsAt - reach, shift.endsAt + reach
        ).map(Self.shift)
        guard near.allSatisfy({ shift.leavesRest(after: $0, rules) }) else { throw StoreError(.shiftTooClose) }
        do {
            _ = try await transaction.execute(
                ShiftStatements.insert, agencyID, shift.id, shift.peerID, shift.line, shift.callOrder,
                shift.startsAt, shift.endsAt, now)
        } catch {
            guard error.isExclusionViolation else { throw error }
            throw StoreError(error.constraint == "shift_place_once" ? .placeTaken : .shiftTooClose)
        }
    }

    /// - Throws: ``StoreError`` `unknownShift`.
    func shift(_ id: ID<Shift>) async throws -> Shift {
        guard let row = try await transaction.query(ShiftStatements.find, agencyID, id).first else {
            throw StoreError(.unknownShift)
        }
        return try Self.shift(row)
    }

    /// - Throws: ``StoreError`` `unknownShift`.
    func deleteShift(_ id: ID<Shift>) async throws {
        guard try await transaction.execute(ShiftStatements.delete, agencyID, id) == 1 else {
            throw StoreError(.unknownShift)
        }
    }

    /// Who is on call on a line at an instant, in the order of asking.
    func onCall(line: String, at instant: Instant) async throws -> [Shift] {
        try await transaction.query(ShiftStatements.onCall, agencyID, line, instant).map(Self.shift)
    }

    private static func shift(_ row: Row) throws -> Shift {
        let columns = try row.decode((ID<Shift>, PeerID, String, Int, Instant, Instant).self)
        return Shift(
            id: columns.0, peerID: columns.1, line: columns.2, callOrder: columns.3, startsAt: columns.4,
            endsAt: columns.5)
    }
}
