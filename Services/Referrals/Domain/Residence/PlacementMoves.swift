public import Models

/// Why a placement does not go on as somebody asks.
public enum PlacementRefusal: Error, Hashable, Sendable {
    /// From one state to another that does not follow.
    case illegalTransition(from: PlacementStatus, to: PlacementStatus)
    /// Nobody has a bed, or a place in the line, in this state.
    case notNow(PlacementStatus)
    /// The residence's beds are kept here: moving in needs one.
    case bedNeeded
    /// Of another residence.
    case bedElsewhere
    case bedOutOfService
    /// For others.
    case bedDoesNotFit(BedKind)
    /// In the future, or before what it follows.
    case wrongTime
}

/// Who changes something, when, and what they note.
public struct PlacementTurn: Hashable, Sendable {
    public let actor: String
    public let now: Instant
    public let note: String?

    public init(_ actor: String, at now: Instant, note: String? = nil) {
        (self.actor, self.now, self.note) = (actor, now, note)
    }
}

// Each move changes everything, or throws and changes nothing.
extension Placement {
    /// They were there and talked.
    public mutating func interview(_ turn: PlacementTurn) throws(PlacementRefusal) {
        try check(.interviewed)
        go(to: .interviewed, turn)
    }

    /// The residence says yes, with a bed that is held, or without one: then they wait for it.
    public mutating func accept(
        bed: BedID?, heldUntil: Instant, _ turn: PlacementTurn
    ) throws(PlacementRefusal) {
        try check(.accepted)
        self.bed = bed.map { TakenBed($0, from: turn.now, heldUntil: heldUntil) }
        go(to: .accepted, turn)
    }

    /// They get a bed, or another one of the same residence; held anew for those who have not moved in. The same bed stays
    /// theirs from when it was; one in which they slept is on record with its time.
    public mutating func take(_ bed: BedID, heldUntil: Instant, _ turn: PlacementTurn) throws(PlacementRefusal) {
        let present = self.bed.flatMap { $0.bedID == bed ? $0 : nil }
        switch status {
        case .accepted: self.bed = TakenBed(bed, from: present?.from ?? turn.now, heldUntil: heldUntil)
        case .movedIn where present == nil:
            leaveBed(at: turn.now)
            self.bed = TakenBed(bed, from: turn.now)
        case .movedIn: break
        case .applied, .interviewed, .movedOut, .declined, .withdrawn: throw .notNow(status)
        }
        go(to: status, turn)
    }

    /// They live there from then on.
    ///
    /// - Parameters:
    ///   - other: the bed, where they had none or get another.
    ///   - needsBed: whether the residence's beds are kept here.
    public mutating func moveIn(
        at instant: Instant, bed other: BedID? = nil, needsBed: Bool, _ turn: PlacementTurn
    ) throws(PlacementRefusal) {
        try check(.movedIn)
        guard appliedAt <= instant, instant <= turn.now else { throw .wrongTime }
        if let other, other != bed?.bedID { bed = TakenBed(other, from: instant) }
        guard bed != nil || !needsBed else { throw .bedNeeded }
        if let held = bed { bed = TakenBed(held.bedID, from: min(held.from, instant)) }
        movedInAt = instant
        go(to: .movedIn, turn)
    }

    /// They no longer live there, and the bed is free. What was noted of them after that is taken back: whoever left on
    /// Monday did not change beds on Tuesday.
    public mutating func moveOut(
        at instant: Instant, because reason: String, to place: String, residence: ResidenceID? = nil,
        _ turn: PlacementTurn
    ) throws(PlacementRefusal) {
        try check(.movedOut)
        guard movedInAt ?? instant <= instant, instant <= turn.now else { throw .wrongTime }
        movedOutAt = instant
        while let last = bed, last.from > instant { bed = earlierBeds.popLast() }
        bed?.until = instant
        self.reason = reason
        nextPlace = place
        nextResidenceID = residence
        go(to: .movedOut, turn)
    }

    /// One of the two says no.
    public mutating func decline(
        by side: Side, because reason: String, _ turn: PlacementTurn
    ) throws(PlacementRefusal) {
        try check(.declined)
        bed = nil
        declinedBy = side
        self.reason = reason
        go(to: .declined, turn)
    }

    /// The application is taken back.
    public mutating func withdraw(_ turn: PlacementTurn) throws(PlacementRefusal) {
        try check(.withdrawn)
        bed = nil
        go(to: .withdrawn, turn)
    }

    /// What is asked for, and how urgent it is, while they wait.
    public mutating func revise(
        wish: BedKind, priority: ResidencePolicy.Priority, _ turn: PlacementTurn
    ) throws(PlacementRefusal) {
        guard isWaiting else { throw .notNow(status) }
        self.wish = wish
        // The same priority keeps the rank that it was given with.
        if priority.code != self.priority { (self.priority, priorityRank) = (priority.code, priority.rank) }
        go(to: status, turn)
    }

    /// The time for which a bed was held is over, and somebody else gets it: they wait again, in their old place.
    ///
    /// - Returns: whether it was so.
    public mutating func loseHold(_ turn: PlacementTurn) -> Bool {
        guard status == .accepted, let end = bed?.heldUntil, end <= turn.now else { return false }
        bed = nil
        go(to: status, turn)
        return true
    }

    /// The bed is free from then on. One that was theirs for no time leaves nothing behind.
    private mutating func leaveBed(at instant: Instant) {
        guard var left = bed, left.from < instant else { return }
        left.until = instant
        earlierBeds.append(left)
    }

    private func check(_ next: PlacementStatus) throws(PlacementRefusal) {
        guard status.successors.contains(next) else { throw .illegalTransition(from: status, to: next) }
    }

    private mutating func go(to next: PlacementStatus, _ turn: PlacementTurn) {
        version += 1
        changes.append(
            Change(
                version: version, from: status, to: next, bedID: bed?.bedID, note: turn.note, actor: turn.actor,
                at: turn.now))
        status = next
    }
}
