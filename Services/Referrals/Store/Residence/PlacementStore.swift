internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

extension Store {
    /// Keeps an application of a locked person.
    ///
    /// - Throws: ``StoreError`` `notFound` and `residenceClosed` of the residence, `alreadyApplied`; `VaultError` of an
    ///   erased person.
    func apply(_ placement: Placement, of person: StoredPerson, in work: Work) async throws {
        guard let stored = try await residence(placement.residenceID, in: work) else { throw StoreError(.notFound) }
        guard stored.residence.isListed else { throw StoreError(.residenceClosed) }
        guard !person.isErased else { throw VaultError(.erased) }
        let others = try await placementsBeside(nil, of: person.ids, in: work)
        let isThere = others.contains { other in
            other.residenceID == placement.residenceID && (other.status.isBefore || other.status == .movedIn)
        }
        guard !isThere else { throw StoreError(.alreadyApplied) }
        try await work.tx.execute(
            .insertPlacement, work.agencyID, placement.placementID, placement.version, placement.participantID,
            placement.residenceID, placement.status, placement.wish, placement.priority, placement.priorityRank,
            placement.appliedAt, work.now)
        try record(placement, with: person.participant(placement.participantID).dataKey, in: work)
        try publish(placement, type: stored.residence.type, in: work)
    }

    /// Changes a placement of a locked person.
    ///
    /// The bed that it is about is locked before the placement: whoever gives a bed, and takes it from somebody whose time
    /// to move in is over, goes in the same order.
    ///
    /// - Parameters:
    ///   - bedID: the bed that they are to get.
    ///   - change: gets the placement, and whether the residence's beds are kept here.
    /// - Returns: who else has changed: they had the bed held, and did not move in in time.
    /// - Throws: ``StoreError`` `notFound`, `stale`, `bedTaken`, `livesElsewhere`; `PlacementRefusal`; `VaultError`.
    func change(
        _ id: PlacementID, of person: StoredPerson, expecting version: Int, bed bedID: BedID? = nil, by actor: String,
        in work: Work, _ change: (inout Placement, _ hasBeds: Bool) throws -> Void
    ) async throws -> [ParticipantID] {
        guard !person.isErased else { throw VaultError(.erased) }
        var bed: Bed?
        if let bedID {
            bed = try await lockBed(bedID, in: work)
            guard bed != nil else { throw PlacementRefusal.bedElsewhere }
        }
        let locked = try await work.tx.query(.lockPlacement, work.agencyID, id)
        guard var placement = try await placements(locked, in: work).first else { throw StoreError(.notFound) }
        guard person.ids.contains(placement.participantID) else { throw StoreError(.notFound) }
        guard placement.version == version else { throw StoreError(.stale) }
        guard let stored = try await residence(placement.residenceID, in: work) else { throw StoreError(.notFound) }
        let before = placement
        try change(&placement, try await hasBeds(placement.residenceID, in: work))
        var others: [ParticipantID] = []
        if let bed, bed.bedID != before.bed?.bedID {
            try bed.check(for: placement.wish, in: placement.residenceID)
            others = try await endOverdueHold(of: bed.bedID, by: actor, in: work)
        }
        if placement.movedInAt != before.movedInAt {
            try await checkLivesNowhereElse(placement, person.ids, in: work)
        }
        try await save(placement, before: before, of: person, type: stored.residence.type, in: work)
        return others
    }

    /// Writes a placement that has changed, with its history and its message.
    ///
    /// - Throws: ``StoreError`` `bedTaken`, `livesElsewhere`: PostgreSQL has the last word.
    private func save(
        _ placement: Placement, before: Placement, of person: StoredPerson, type: String, in work: Work
    ) async throws {
        do {
            try await update(placement, before: before, in: work)
        } catch {
            switch error.constraint {
            case "bed_stay_once": throw StoreError(.bedTaken)
            case "placement_participant_once": throw StoreError(.livesElsewhere)
            case "placement_next_residence_fkey":
                throw Faults([Fault("/nextResidenceID", "a residence that the agency knows")])
            default: throw error
            }
        }
        try record(placement, with: person.participant(placement.participantID).dataKey, in: work)
        try publish(placement, type: type, in: work)
    }

    private func update(
        _ placement: Placement, before: Placement, in work: Work
    ) async throws(PostgresError) {
        let (stays, id) = (placement.stays, placement.placementID)
        if stays != before.stays {
            work.tx.enqueue(.forgetBedStays, work.agencyID, id)
            work.tx.enqueue(
                .insertBedStays, work.agencyID, id, stays.map(\.bedID), stays.map(\.from), stays.map(\.until))
        }
        try await work.tx.execute(
            .updatePlacement, work.agencyID, placement.placementID, placement.version, placement.status,
            placement.wish, placement.priority, placement.priorityRank, placement.bed?.bedID,
            placement.bed?.heldUntil, placement.movedInAt, placement.movedOutAt, placement.declinedBy, placement.reason,
            placement.nextPlace, placement.nextResidenceID, work.now)
    }

    /// Takes a locked bed from somebody whose time to move in is over: they wait again.
    private func endOverdueHold(
        of bed: BedID, by actor: String, in work: Work
    ) async throws -> [ParticipantID] {
        var others: [ParticipantID] = []
        let locked = try await work.tx.query(.lockOverdueHold, work.agencyID, bed, work.now)
        for before in try await placements(locked, in: work) {
            var placement = before
            guard placement.loseHold(PlacementTurn(actor, at: work.now)) else { continue }
            guard let stored = try await residence(placement.residenceID, in: work) else { continue }
            try await update(placement, before: before, in: work)
            // Nobody notes anything here, so that nothing has to be sealed.
            try record(placement, with: nil, in: work)
            try publish(placement, type: stored.residence.type, in: work)
            others.append(placement.participantID)
        }
        return others
    }

    /// Of several ids of one person the constraint sees each by itself.
    private func checkLivesNowhereElse(
        _ placement: Placement, _ ids: PersonIDs, in work: Work
    ) async throws {
        guard let from = placement.movedInAt else { return }
        let others = try await placementsBeside(placement.placementID, of: ids, in: work)
        let isElsewhere = others.contains { other in
            other.movedInAt != nil && (other.movedOutAt.map { $0 > from } ?? true)
        }
        guard !isElsewhere else { throw StoreError(.livesElsewhere) }
    }

    /// All placements of a person but one.
    func placementsBeside(
        _ id: PlacementID?, of ids: PersonIDs, in work: Work
    ) async throws -> [Placement] {
        let rows = try await work.tx.query(.placementsBeside, work.agencyID, ids.all)
        return try await placements(rows, in: work).filter { $0.placementID != id }
    }

    /// Takes back what a person who is being erased has applied for.
    ///
    /// - Throws: ``StoreError`` `stillHoused` while they live in a residence: the house must know who does.
    func withdrawPlacements(of person: StoredPerson, by actor: String, in work: Work) async throws {
        let all = try await placementsBeside(nil, of: person.ids, in: work)
        guard !all.contains(where: { $0.status == .movedIn }) else { throw StoreError(.stillHoused) }
        for placement in all where placement.status.isBefore {
            _ = try await change(
                placement.placementID, of: person, expecting: placement.version, by: actor, in: work
            ) { found, _ in try found.withdraw(PlacementTurn(actor, at: work.now)) }
        }
    }

    private func record(_ placement: Placement, with key: DataKey?, in work: Work) throws {
        for change in placement.changes {
            work.tx.enqueue(
                .insertPlacementTransition, work.agencyID, placement.placementID, change.version, change.from,
                change.to, change.bedID, try key?.seal(change.note, for: .placementNote), change.actor, change.at)
        }
    }

    private func publish(_ placement: Placement, type: String, in work: Work) throws {
        try work.publish(
            PlacementChanged(
                placementID: placement.placementID, participantID: placement.participantID,
                version: placement.version, residenceID: placement.residenceID, residenceType: type,
                status: placement.status, movedInAt: placement.movedInAt, movedOutAt: placement.movedOutAt,
                moveOutReason: placement.status == .movedOut ? placement.reason : nil,
                nextPlace: placement.nextPlace, changedAt: work.now))
    }
}
