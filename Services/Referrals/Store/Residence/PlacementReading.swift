internal import FoundationEssentials
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

/// A placement with what is shown beside it.
struct StoredPlacement: Sendable {
    let placement: Placement
    let residenceName: String
    let bedLabel: String?
    /// How many nights; nil before they moved in.
    let days: Int?
    /// Their place in the line; nil where they do not wait.
    var line: Line?

    /// A place in the line, from 1, and how long it is.
    struct Line: Hashable, Sendable {
        let position: Int
        let length: Int
    }
}

/// Where a page of a waiting list ended.
struct WaitingPosition: Sendable {
    let rank: Int
    let appliedAt: Instant
    let placementID: PlacementID
}

extension Store {
    /// One placement of a person, under any of their ids.
    ///
    /// - Throws: ``StoreError`` `notFound`.
    func placement(_ id: PlacementID, of ids: PersonIDs, in work: Work) async throws -> StoredPlacement {
        guard let found = try await placements([id], in: work).first, ids.contains(found.placement.participantID)
        else { throw StoreError(.notFound) }
        return found
    }

    /// A person's placements, the latest first.
    func placements(
        of ids: PersonIDs, before: PlacementID?, atMost limit: Int, in work: Work
    ) async throws -> [StoredPlacement] {
        let rows = try await work.tx.query(
            .listPlacementsOfPerson, work.agencyID, ids.all, before ?? .last, limit)
        return try await placements(rows.map { try $0.decode(PlacementID.self) }, in: work)
    }

    /// The placements of a residence in one state, the latest first: who lives there, who did.
    func placements(
        of residence: ResidenceID, _ status: PlacementStatus, before: PlacementID?, atMost limit: Int, in work: Work
    ) async throws -> [StoredPlacement] {
        let rows = try await work.tx.query(
            .listPlacementsOfResidence, work.agencyID, residence, status, before ?? .last, limit)
        return try await placements(rows.map { try $0.decode(PlacementID.self) }, in: work)
    }

    /// Who waits for a residence, in the order in which they are asked.
    ///
    /// - Parameter bed: only those whom it fits.
    func waiting(
        for residence: ResidenceID, fitting bed: BedKind? = nil, after: WaitingPosition? = nil, atMost limit: Int,
        in work: Work
    ) async throws -> [StoredPlacement] {
        let rows = try await work.tx.query(
            .listWaiting, work.agencyID, residence, after?.rank ?? -1, after?.appliedAt ?? Instant(microseconds: 0),
            after?.placementID ?? .first, bed.map { $0.fittingWishes.map(\.description) }, limit)
        return try await placements(rows.map { try $0.column("placement_id") }, in: work)
    }

    /// Each change of a placement, the first first.
    func history(
        of placement: Placement, _ person: StoredPerson, in work: Work
    ) async throws -> [Placement.Change] {
        let key = try person.participant(placement.participantID).dataKey
        return try await work.tx.query(.listPlacementTransitions, work.agencyID, placement.placementID).map { row in
            let note: [UInt8]? = try row.column("note")
            return Placement.Change(
                version: try row.column("version"), from: try row.column("from_status"),
                to: try row.column("to_status"), bedID: try row.column("bed_id"),
                note: try key.open(note, from: .placementNote), actor: try row.column("actor"),
                at: try row.column("at"))
        }
    }

    /// These placements in this order.
    private func placements(_ ids: [PlacementID], in work: Work) async throws -> [StoredPlacement] {
        guard !ids.isEmpty else { return [] }
        let answers = try await work.tx.together(
            Question(.findPlacements, work.agencyID, ids, work.now),
            Question(.positionsOfPlacements, work.agencyID, ids), Question(.listBedStays, work.agencyID, ids))
        var lines: [PlacementID: StoredPlacement.Line] = [:]
        for row in answers[1] {
            let (id, position, length) = try row.decode((PlacementID, Int, Int).self)
            lines[id] = StoredPlacement.Line(position: position, length: length)
        }
        var found: [PlacementID: StoredPlacement] = [:]
        let stays = try Self.stays(answers[2])
        for row in answers[0] {
            let placement = try Placement(row: row, stays)
            found[placement.placementID] = StoredPlacement(
                placement: placement, residenceName: try row.column("residence_name"),
                bedLabel: try row.column("bed_label"), days: try row.column("days"),
                line: lines[placement.placementID])
        }
        return ids.compactMap { found[$0] }
    }

    /// The placements of rows with their beds. Rows that were locked are read before their beds: whoever changed a bed
    /// meanwhile had the placement locked.
    func placements(_ rows: Rows, in work: Work) async throws -> [Placement] {
        guard !rows.isEmpty else { return [] }
        let ids: [PlacementID] = try rows.map { try $0.column("placement_id") }
        let stays = try Self.stays(try await work.tx.query(.listBedStays, work.agencyID, ids))
        return try rows.map { try Placement(row: $0, stays) }
    }

    private static func stays(_ rows: Rows) throws -> [PlacementID: [Placement.TakenBed]] {
        var stays: [PlacementID: [Placement.TakenBed]] = [:]
        for row in rows {
            let (id, bed, from, until) = try row.decode((PlacementID, BedID, Instant, Instant?).self)
            stays[id, default: []].append(.init(bed, from: from, until: until))
        }
        return stays
    }
}

extension Placement {
    /// - Parameter stays: the beds of placements, in the order in which they had them.
    fileprivate init(row: Row, _ stays: [PlacementID: [TakenBed]]) throws {
        let id: PlacementID = try row.column("placement_id")
        var beds = stays[id] ?? []
        let bed = beds.popLast()
        let heldUntil: Instant? = try row.column("held_until")
        self.init(
            placementID: id, participantID: try row.column("participant_id"),
            residenceID: try row.column("residence_id"), version: try row.column("version"),
            status: try row.column("status"), wish: try row.column("wish"), priority: try row.column("priority"),
            priorityRank: try row.column("priority_rank"), appliedAt: try row.column("applied_at"),
            bed: bed.map { TakenBed($0.bedID, from: $0.from, until: $0.until, heldUntil: heldUntil) },
            earlierBeds: beds, movedInAt: try row.column("moved_in_at"), movedOutAt: try row.column("moved_out_at"),
            declinedBy: try row.column("declined_by"), reason: try row.column("reason"),
            nextPlace: try row.column("next_place"), nextResidenceID: try row.column("next_residence_id"))
    }
}
