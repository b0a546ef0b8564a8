internal import Models
internal import ReferralsDomain
internal import ServiceKit

/// `POST …/placements`.
struct ApplyBody: Decodable, Sendable {
    var residenceID: ResidenceID
    /// For what kind of bed.
    var wish: BedKind
    /// A code of the policy's priorities; the lowest where it is absent.
    var priority: String?
    /// When it was applied for, where that was before it is entered.
    var appliedAt: Instant?
    var note: String?
}

/// What somebody asks to be done with a placement.
protocol PlacementStep: Decodable, Sendable {
    /// The bed that they are to get.
    var bedID: BedID? { get }
    var note: String? { get }

    /// What is wrong beyond the shape.
    func faults(under policy: ResidencePolicy) -> [Fault]

    /// - Parameter hasBeds: whether the residence's beds are kept here.
    func apply(
        to placement: inout Placement, _ turn: PlacementTurn, hasBeds: Bool, under policy: ResidencePolicy
    ) throws(PlacementRefusal)
}

extension PlacementStep {
    var bedID: BedID? { nil }

    func faults(under policy: ResidencePolicy) -> [Fault] { [] }

    /// - Throws: `Faults`, all of them at once.
    func checked(under policy: ResidencePolicy) throws(Faults) -> Self {
        try Faults.check(Fault.ofNote(note) + faults(under: policy))
        return self
    }
}

extension Fault {
    /// What is wrong with a note.
    static func ofNote(_ note: String?) -> [Fault] {
        (note.map { (1...2000).contains($0.count) } ?? true) ? [] : [Fault("/note", "1 to 2000 characters")]
    }
}

/// `POST …/interview`.
struct InterviewBody: PlacementStep {
    var note: String?

    func apply(
        to placement: inout Placement, _ turn: PlacementTurn, hasBeds: Bool, under policy: ResidencePolicy
    ) throws(PlacementRefusal) {
        try placement.interview(turn)
    }
}

/// `POST …/accept`.
struct AcceptBody: PlacementStep {
    /// Absent where they wait for one, or where the house gives it.
    var bedID: BedID?
    var note: String?

    func apply(
        to placement: inout Placement, _ turn: PlacementTurn, hasBeds: Bool, under policy: ResidencePolicy
    ) throws(PlacementRefusal) {
        try placement.accept(bed: bedID, heldUntil: policy.holdEnds(from: turn.now), turn)
    }
}

/// `POST …/bed`.
struct TakeBedBody: PlacementStep {
    var newBedID: BedID
    var note: String?

    var bedID: BedID? { newBedID }

    private enum CodingKeys: String, CodingKey {
        case newBedID = "bedID"
        case note
    }

    func apply(
        to placement: inout Placement, _ turn: PlacementTurn, hasBeds: Bool, under policy: ResidencePolicy
    ) throws(PlacementRefusal) {
        try placement.take(newBedID, heldUntil: policy.holdEnds(from: turn.now), turn)
    }
}

/// `POST …/move-in`.
struct MoveInBody: PlacementStep {
    /// Now, where it is absent.
    var at: Instant?
    /// Where none is held for them, or they get another.
    var bedID: BedID?
    var note: String?

    func apply(
        to placement: inout Placement, _ turn: PlacementTurn, hasBeds: Bool, under policy: ResidencePolicy
    ) throws(PlacementRefusal) {
        try placement.moveIn(at: at ?? turn.now, bed: bedID, needsBed: hasBeds, turn)
    }
}

/// `POST …/move-out`.
struct MoveOutBody: PlacementStep {
    /// Now, where it is absent.
    var at: Instant?
    var reason: String
    var nextPlace: String
    /// Where they move on to a residence that the agency knows.
    var nextResidenceID: ResidenceID?
    var note: String?

    func faults(under policy: ResidencePolicy) -> [Fault] {
        ResidencePolicy.faults(of: reason, among: policy.moveOutReasons, note: note, at: "/reason")
            + ResidencePolicy.faults(of: nextPlace, among: policy.nextPlaces, note: note, at: "/nextPlace")
    }

    func apply(
        to placement: inout Placement, _ turn: PlacementTurn, hasBeds: Bool, under policy: ResidencePolicy
    ) throws(PlacementRefusal) {
        try placement.moveOut(
            at: at ?? turn.now, because: reason, to: nextPlace, residence: nextResidenceID, turn)
    }
}

/// `POST …/decline`.
struct DeclineBody: PlacementStep {
    /// Who said no.
    var by: Placement.Side
    var reason: String
    var note: String?

    func faults(under policy: ResidencePolicy) -> [Fault] {
        ResidencePolicy.faults(of: reason, among: policy.declineReasons, note: note, at: "/reason")
    }

    func apply(
        to placement: inout Placement, _ turn: PlacementTurn, hasBeds: Bool, under policy: ResidencePolicy
    ) throws(PlacementRefusal) {
        try placement.decline(by: by, because: reason, turn)
    }
}

/// `POST …/withdraw`.
struct WithdrawBody: PlacementStep {
    var note: String?

    func apply(
        to placement: inout Placement, _ turn: PlacementTurn, hasBeds: Bool, under policy: ResidencePolicy
    ) throws(PlacementRefusal) {
        try placement.withdraw(turn)
    }
}

/// `PUT …/application`.
struct ReviseBody: PlacementStep {
    var wish: BedKind
    var priority: String
    var note: String?

    func faults(under policy: ResidencePolicy) -> [Fault] { Fault.ofPriority(priority, under: policy) }

    func apply(
        to placement: inout Placement, _ turn: PlacementTurn, hasBeds: Bool, under policy: ResidencePolicy
    ) throws(PlacementRefusal) {
        guard let priority = policy.priority(priority) else { return }
        try placement.revise(wish: wish, priority: priority, turn)
    }
}

extension Fault {
    /// What is wrong with a priority.
    static func ofPriority(_ code: String?, under policy: ResidencePolicy) -> [Fault] {
        policy.priority(code) == nil
            ? [Fault("/priority", "one of \(policy.priorities.map(\.code).joined(separator: ", "))")] : []
    }
}
