public import Models

/// Somebody's way into a recovery residence and through it: a pure state machine, in which each change counts the version
/// up and leaves a row of history.
///
/// Applied → interviewed → accepted → moved in → moved out; until they moved in, declined or withdrawn. A bed is held from
/// the acceptance on, or from when one is given, until they move out.
public struct Placement: Hashable, Sendable {
    /// The bed that somebody has, and since when.
    public struct TakenBed: Hashable, Sendable {
        public let bedID: BedID
        public internal(set) var from: Instant
        /// When it was free again.
        public internal(set) var until: Instant?
        /// Until when it is held for somebody who has not moved in; afterwards it may be given to another.
        public internal(set) var heldUntil: Instant?

        public init(_ bedID: BedID, from: Instant, until: Instant? = nil, heldUntil: Instant? = nil) {
            (self.bedID, self.from, self.until, self.heldUntil) = (bedID, from, until, heldUntil)
        }
    }

    /// From when until when a bed was somebody's.
    public struct BedStay: Hashable, Sendable {
        public let bedID: BedID
        public let from: Instant
        /// Nil while it is taken.
        public let until: Instant?
    }

    /// Who said no.
    public enum Side: String, Codable, CaseIterable, Hashable, Sendable {
        case residence, participant
    }

    /// One change, for the history.
    public struct Change: Hashable, Sendable {
        public let version: Int
        public let from: PlacementStatus?
        public let to: PlacementStatus
        public let bedID: BedID?
        public let note: String?
        public let actor: String
        public let at: Instant

        public init(
            version: Int, from: PlacementStatus?, to: PlacementStatus, bedID: BedID?, note: String?, actor: String,
            at: Instant
        ) {
            (self.version, self.from, self.to, self.bedID) = (version, from, to, bedID)
            (self.note, self.actor, self.at) = (note, actor, at)
        }
    }

    public let placementID: PlacementID
    public let participantID: ParticipantID
    public let residenceID: ResidenceID
    public internal(set) var version: Int
    public internal(set) var status: PlacementStatus
    /// For what kind of bed.
    public internal(set) var wish: BedKind
    /// A code of ``ResidencePolicy/priorities``, and its rank when it was given.
    public internal(set) var priority: String
    public internal(set) var priorityRank: Int
    public let appliedAt: Instant
    public internal(set) var bed: TakenBed?
    /// The beds in which they slept before that one, in their order.
    public internal(set) var earlierBeds: [TakenBed]
    public internal(set) var movedInAt: Instant?
    public internal(set) var movedOutAt: Instant?
    public internal(set) var declinedBy: Side?
    /// Why they moved out, or why it was declined: a code.
    public internal(set) var reason: String?
    public internal(set) var nextPlace: String?
    public internal(set) var nextResidenceID: ResidenceID?
    /// What has changed since it was loaded.
    public internal(set) var changes: [Change] = []

    /// As it was stored.
    public init(
        placementID: PlacementID, participantID: ParticipantID, residenceID: ResidenceID, version: Int,
        status: PlacementStatus, wish: BedKind, priority: String, priorityRank: Int, appliedAt: Instant,
        bed: TakenBed? = nil, earlierBeds: [TakenBed] = [], movedInAt: Instant? = nil, movedOutAt: Instant? = nil,
        declinedBy: Side? = nil, reason: String? = nil, nextPlace: String? = nil, nextResidenceID: ResidenceID? = nil
    ) {
        (self.placementID, self.participantID, self.residenceID) = (placementID, participantID, residenceID)
        (self.version, self.status, self.wish) = (version, status, wish)
        (self.priority, self.priorityRank, self.appliedAt) = (priority, priorityRank, appliedAt)
        (self.bed, self.earlierBeds) = (bed, earlierBeds)
        (self.movedInAt, self.movedOutAt, self.declinedBy) = (movedInAt, movedOutAt, declinedBy)
        (self.reason, self.nextPlace, self.nextResidenceID) = (reason, nextPlace, nextResidenceID)
    }

    /// A new application.
    ///
    /// - Parameter appliedAt: when it was made; it may be entered later.
    /// - Throws: ``PlacementRefusal`` for a time that has not come.
    public static func apply(
        _ placementID: PlacementID, of participantID: ParticipantID, to residenceID: ResidenceID, for wish: BedKind,
        priority: ResidencePolicy.Priority, appliedAt: Instant, note: String?, by actor: String, at now: Instant
    ) throws(PlacementRefusal) -> Placement {
        guard appliedAt <= now else { throw .wrongTime }
        var placement = Placement(
            placementID: placementID, participantID: participantID, residenceID: residenceID, version: 1,
            status: .applied, wish: wish, priority: priority.code, priorityRank: priority.rank, appliedAt: appliedAt)
        placement.changes = [
            Change(version: 1, from: nil, to: .applied, bedID: nil, note: note, actor: actor, at: now)
        ]
        return placement
    }

    /// All beds that they had, and from when until when each was theirs.
    public var stays: [BedStay] {
        (earlierBeds + [bed].compactMap(\.self)).map { BedStay(bedID: $0.bedID, from: $0.from, until: $0.until) }
    }

    /// Whether they wait for an answer or a bed.
    public var isWaiting: Bool { status.isBefore && bed == nil }
}

extension PlacementStatus {
    /// The states that a placement in this state may go to.
    public var successors: Set<PlacementStatus> {
        switch self {
        case .applied: [.interviewed, .accepted, .declined, .withdrawn]
        case .interviewed: [.accepted, .declined, .withdrawn]
        case .accepted: [.movedIn, .declined, .withdrawn]
        case .movedIn: [.movedOut]
        case .movedOut, .declined, .withdrawn: []
        }
    }

    /// Whether they may still move in.
    public var isBefore: Bool { [.applied, .interviewed, .accepted].contains(self) }
}
