internal import Models
internal import Postgres
internal import SchedulingDomain

/// When peers work, in PostgreSQL.
enum AvailabilityStore {
    /// A peer's hours and absences; nil where none were ever set.
    static func find(_ peerID: PeerID, in transaction: Transaction) async throws -> Availability? {
        guard let row = try await transaction.query(find, peerID).first else { return nil }
        let (zone, version) = try row.decode((CivilZone, Int).self)
        return try Availability(
            peerID: peerID, zone: zone, rules: try await transaction.query(rules, peerID).map(rule),
            absences: try await transaction.query(absences, peerID).map(absence), version: version
        )
    }

    /// Replaces a peer's hours and absences.
    ///
    /// - Parameter version: what the change is based on; 0 for a peer without any.
    /// - Returns: the new version.
    /// - Throws: ``StoreRefusal/stale``.
    static func replace(_ availability: Availability, expecting version: Int, in work: UnitOfWork) async throws -> Int {
        let rows = try await work.transaction.query(
            save, work.agencyID, availability.peerID, availability.zone, version, work.now
        )
        guard let stored = try rows.first?.decode(Int.self) else { throw StoreRefusal.stale }
        try await work.transaction.execute(deleteRules, availability.peerID)
        try await work.transaction.execute(deleteAbsences, availability.peerID)
        let (rules, absences) = (availability.rules, availability.absences)
        try await work.transaction.execute(
            insertRules, work.agencyID, availability.peerID, rules.map(\.weekday.rawValue), rules.map(\.from.minutes),
            rules.map(\.until.minutes), rules.map(\.effectiveFrom), rules.map(\.effectiveUntil)
        )
        try await work.transaction.execute(
            insertAbsences, work.agencyID, availability.peerID, absences.map(\.time.startsAt),
            absences.map(\.time.endsAt), absences.map(\.reason.rawValue)
        )
        return stored
    }

    private static func rule(_ row: Row) throws -> AvailabilityRule {
        let (weekday, from, until, effectiveFrom, effectiveUntil) = try row.decode(
            (Int, Int, Int, CivilDate, CivilDate?).self
        )
        guard let weekday = Weekday(rawValue: weekday), let from = TimeOfDay(minutes: from),
            let until = TimeOfDay(minutes: until),
            let rule = AvailabilityRule(
                weekday: weekday, from: from, until: until, effectiveFrom: effectiveFrom, effectiveUntil: effectiveUntil
            )
        else { throw StoredValueInvalid(column: "availability_rule") }
        return rule
    }

    private static func absence(_ row: Row) throws -> Absence {
        let (start, end, reason) = try row.decode((Instant, Instant, Absence.Reason).self)
        return Absence(time: try TimeSpan(stored: start, end), reason: reason)
    }

    static let find = Statement(
        "availability.find",
        """
        select time_zone, version
        from scheduling.availability
        where peer_id = $1
        """
    )

    static let rules = Statement(
        "availability.rules",
        """
        select weekday, from_minute, until_minute, effective_from, effective_until
        from scheduling.availability_rule
        where peer_id = $1
        order by position
        """
    )

    static let absences = Statement(
        "availability.absences",
        """
        select starts_at, ends_at, reason
        from scheduling.absence
        where peer_id = $1
        order by position
        """
    )

    /// No row where the stored version is another one than expected.
    static let save = Statement(
        "availability.save",
        """
        insert into scheduling.availability as stored (agency_id, peer_id, time_zone, version, changed_at)
        select $1, $2, $3, 1, $5
        where $4 = 0 or exists (select from scheduling.availability where peer_id = $2)
        on conflict (agency_id, peer_id) do update
        set time_zone = excluded.time_zone, version = stored.version + 1, changed_at = excluded.changed_at
        where stored.version = $4
        returning version
        """
    )

    static let deleteRules = Statement(
        "availability.delete_rules", "delete from scheduling.availability_rule where peer_id = $1"
    )

    static let deleteAbsences = Statement(
        "availability.delete_absences", "delete from scheduling.absence where peer_id = $1"
    )

    static let insertRules = Statement(
        "availability.insert_rules",
        """
        insert into scheduling.availability_rule (
            agency_id, peer_id, position, weekday, from_minute, until_minute, effective_from, effective_until
        )
        select $1, $2, one.position, one.weekday, one.from_minute, one.until_minute, one.effective_from,
            one.effective_until
        from unnest($3, $4, $5, $6, $7) with ordinality
            as one (weekday, from_minute, until_minute, effective_from, effective_until, position)
        """
    )

    static let insertAbsences = Statement(
        "availability.insert_absences",
        """
        insert into scheduling.absence (agency_id, peer_id, position, starts_at, ends_at, reason)
        select $1, $2, one.position, one.starts_at, one.ends_at, one.reason
        from unnest($3, $4, $5) with ordinality as one (starts_at, ends_at, reason, position)
        """
    )
}
