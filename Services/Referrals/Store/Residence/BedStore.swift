internal import FoundationEssentials
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

extension Statement {
    static let insertBed = Statement(
        "bed.insert",
        """
        insert into referral.bed (agency_id, bed_id, residence_id, version, label, kind, service, changed_at)
        values ($1, $2, $3, 1, $4, $5, $6, $7)
        """
    )

    static let updateBed = Statement(
        "bed.update",
        """
        update referral.bed
        set version = $3, label = $4, kind = $5, service = $6, changed_at = $7
        where agency_id = $1 and bed_id = $2
        """
    )

    static let findBed = Statement(
        "bed.find",
        """
        select bed_id, residence_id, version, label, kind, service
        from referral.bed
        where agency_id = $1 and bed_id = $2
        """
    )

    /// Whoever gives a bed waits here for whoever gave it before: of two that write at once each could wait for the other's
    /// exclusion constraint, for a second, until one of them fails (decision 12).
    static let lockBed = Statement(
        "bed.lock",
        """
        select bed_id, residence_id, version, label, kind, service
        from referral.bed
        where agency_id = $1 and bed_id = $2
        for no key update
        """
    )

    /// A residence's beds, each with who has it.
    static let listBeds = Statement(
        "bed.list",
        """
        select bed.bed_id, bed.residence_id, bed.version, bed.label, bed.kind, bed.service, taken.placement_id,
          taken.participant_id, taken.status, stay.began_at, taken.held_until
        from referral.bed as bed
        left join referral.placement as taken
          on taken.agency_id = $1 and taken.bed_id = bed.bed_id and taken.status in ('accepted', 'moved-in')
        left join referral.bed_stay as stay
          on stay.agency_id = $1 and stay.placement_id = taken.placement_id and stay.ended_at is null
        where bed.agency_id = $1 and bed.residence_id = $2 and bed.bed_id > $3 and bed.service <> 'removed'
        order by bed.bed_id
        limit $4
        """
    )

    static let isBedTaken = Statement(
        "bed.is_taken",
        """
        select exists (
          select
          from referral.placement
          where agency_id = $1 and bed_id = $2 and status in ('accepted', 'moved-in'))
        """
    )
}

/// A bed, and who has it.
struct StoredBed: Sendable {
    /// Who has a bed, or for whom it is held.
    struct Taken: Sendable {
        let placementID: PlacementID
        let participantID: ParticipantID
        let status: PlacementStatus
        let from: Instant
        let heldUntil: Instant?
    }

    let bed: Bed
    let taken: Taken?
}

extension Store {
    /// Keeps a new bed; what the residence said it has is forgotten, because its beds are counted from now on.
    ///
    /// - Throws: ``StoreError`` `notFound`.
    func insert(_ bed: Bed, in work: Work) async throws {
        guard try await work.tx.query(.lockResidence, work.agencyID, bed.residenceID).first != nil else {
            throw StoreError(.notFound)
        }
        work.tx.enqueue(.forgetCounts, work.agencyID, bed.residenceID)
        try await work.tx.execute(
            .insertBed, work.agencyID, bed.bedID, bed.residenceID, bed.label, bed.kind, bed.service, work.now)
    }

    /// Describes a bed anew.
    ///
    /// - Throws: ``StoreError`` `notFound`, `stale`; `bedTaken` where somebody has it and it is to be for others, or out of
    ///   service.
    func update(
        _ id: BedID, of residence: ResidenceID, expecting version: Int, in work: Work, _ change: (inout Bed) -> Void
    ) async throws -> Bed {
        guard var bed = try await lockBed(id, in: work), bed.residenceID == residence, bed.service != .removed else {
            throw StoreError(.notFound)
        }
        guard bed.version == version else { throw StoreError(.stale) }
        let before = bed
        change(&bed)
        if bed.service != .inService || bed.kind != before.kind {
            let isTaken = try await work.tx.query(.isBedTaken, work.agencyID, id).first?.decode(Bool.self) ?? false
            guard !isTaken else { throw StoreError(.bedTaken) }
        }
        bed.version += 1
        try await work.tx.execute(
            .updateBed, work.agencyID, id, bed.version, bed.label, bed.kind, bed.service, work.now)
        return bed
    }

    /// The bed, locked until the end of the transaction; nil where there is none.
    func lockBed(_ id: BedID, in work: Work) async throws -> Bed? {
        try await work.tx.query(.lockBed, work.agencyID, id).first.map { try Bed(row: $0) }
    }

    func bed(_ id: BedID, in work: Work) async throws -> Bed? {
        try await work.tx.query(.findBed, work.agencyID, id).first.map { try Bed(row: $0) }
    }

    /// A residence's beds in the order in which they were entered, each with who has it.
    func beds(
        of residence: ResidenceID, after: BedID?, atMost limit: Int, in work: Work
    ) async throws -> [StoredBed] {
        let rows = try await work.tx.query(.listBeds, work.agencyID, residence, after ?? .first, limit)
        return try rows.map { row in
            var taken: StoredBed.Taken?
            if let placementID: PlacementID = try row.column("placement_id") {
                taken = StoredBed.Taken(
                    placementID: placementID, participantID: try row.column("participant_id"),
                    status: try row.column("status"), from: try row.column("began_at"),
                    heldUntil: try row.column("held_until"))
            }
            return StoredBed(bed: try Bed(row: row), taken: taken)
        }
    }
}

extension Bed {
    init(row: Row) throws {
        self.init(
            bedID: try row.column("bed_id"), residenceID: try row.column("residence_id"),
            version: try row.column("version"), label: try row.column("label"), kind: try row.column("kind"),
            service: try row.column("service"))
    }
}
