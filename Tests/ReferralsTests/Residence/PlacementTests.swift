import FoundationEssentials
import Models
import TestKit
import Testing

@testable import ReferralsDomain

@Suite("A placement in a recovery residence")
struct PlacementTests {
    static let published: [PlacementStatus: Set<PlacementStatus>] = [
        .applied: [.interviewed, .accepted, .declined, .withdrawn],
        .interviewed: [.accepted, .declined, .withdrawn],
        .accepted: [.movedIn, .declined, .withdrawn],
        .movedIn: [.movedOut],
    ]
    static let pairs = PlacementStatus.allCases.flatMap { from in PlacementStatus.allCases.map { (from, $0) } }
    static let now = Instant.noon
    static let bed = BedID.fixed(1)

    static func turn(_ at: Instant = now, note: String? = nil) -> PlacementTurn {
        PlacementTurn("coordinator", at: at, note: note)
    }

    /// A placement in this state, with a bed where one is held or slept in.
    static func stored(_ status: PlacementStatus) -> Placement {
        let hasStay = [.movedIn, .movedOut].contains(status)
        let (day, end) = (now + .seconds(-86_400), status == .movedOut ? now : nil)
        var taken: Placement.TakenBed?
        if hasStay { taken = .init(bed, from: day, until: end) }
        if status == .accepted { taken = .init(bed, from: day, heldUntil: now + .seconds(60)) }
        return Placement(
            placementID: .fixed(2), participantID: .fixed(3), residenceID: .fixed(4), version: 7, status: status,
            wish: BedKind(.women, .single), priority: "standard", priorityRank: 100,
            appliedAt: now + .seconds(-10 * 86_400), bed: taken, movedInAt: hasStay ? day : nil, movedOutAt: end,
            declinedBy: status == .declined ? .residence : nil,
            reason: [.declined, .movedOut].contains(status) ? "other" : nil,
            nextPlace: status == .movedOut ? "unknown" : nil)
    }

    /// - Returns: false for a state that no verb leads to.
    static func perform(_ to: PlacementStatus, on placement: inout Placement) throws -> Bool {
        switch to {
        case .applied: return false
        case .interviewed: try placement.interview(turn())
        case .accepted: try placement.accept(bed: bed, heldUntil: now + .seconds(60), turn())
        case .movedIn: try placement.moveIn(at: now, bed: bed, needsBed: true, turn())
        case .movedOut: try placement.moveOut(at: now, because: "planned", to: "own-home", turn())
        case .declined: try placement.decline(by: .participant, because: "cost", turn())
        case .withdrawn: try placement.withdraw(turn())
        }
        return true
    }

    @Test("each pair of states follows or is refused naming both, and a refusal changes nothing", arguments: pairs)
    func transitions(_ from: PlacementStatus, _ to: PlacementStatus) throws {
        let follows = Self.published[from, default: []].contains(to)
        #expect(from.successors.contains(to) == follows)
        let before = Self.stored(from)
        var placement = before
        do {
            guard try Self.perform(to, on: &placement) else { return }
            #expect(follows)
            #expect(placement.status == to && placement.version == 8)
            #expect(placement.changes.map(\.from) == [from] && placement.changes.map(\.to) == [to])
        } catch let refusal as PlacementRefusal {
            #expect(!follows)
            #expect(refusal == .illegalTransition(from: from, to: to))
            #expect(placement == before)
        }
    }

    @Test("a bed is taken from the acceptance until they moved out, and by nobody who was declined or withdrew")
    func bed() throws {
        for status in PlacementStatus.allCases {
            var placement = Self.stored(.accepted)
            guard try Self.published[.accepted]?.contains(status) == true && Self.perform(status, on: &placement)
            else { continue }
            #expect((placement.bed != nil) == (status == .movedIn), "\(status)")
        }
        var stay = Self.stored(.movedIn)
        try stay.moveOut(at: Self.now, because: "planned", to: "own-home", Self.turn())
        #expect(stay.bed?.until == Self.now)
    }

    @Test("a hold ends when its time is over and not before; they then wait again in their old place")
    func hold() {
        var placement = Self.stored(.accepted)
        let before = placement
        let isEarly = placement.loseHold(Self.turn(Self.now + .seconds(59)))
        #expect(!isEarly && placement == before)
        let isOver = placement.loseHold(Self.turn(Self.now + .seconds(60)))
        #expect(isOver && placement.version == before.version + 1)
        #expect(placement.isWaiting && placement.status == .accepted && placement.appliedAt == before.appliedAt)
        var livesThere = Self.stored(.movedIn)
        let isTaken = livesThere.loseHold(Self.turn(Self.now + .seconds(1_000_000)))
        #expect(!isTaken)
    }

    @Test("where the agency keeps the beds nobody moves in without one; elsewhere they do")
    func bedNeeded() throws {
        var accepted = Self.stored(.interviewed)
        try accepted.accept(bed: nil, heldUntil: Self.now, Self.turn())
        var without = accepted
        #expect(throws: PlacementRefusal.bedNeeded) {
            try without.moveIn(at: Self.now, needsBed: true, Self.turn())
        }
        #expect(without == accepted)
        try without.moveIn(at: Self.now, needsBed: false, Self.turn())
        #expect(without.bed == nil && without.movedInAt == Self.now)
    }

    @Test("times may be entered later; none is in the future or before what it follows")
    func times() throws {
        let (yesterday, longAgo) = (Self.now + .seconds(-3600), Self.now + .seconds(-20 * 86_400))
        var placement = Self.stored(.accepted)
        for wrong in [longAgo, Self.now + .seconds(1)] {
            var tried = placement
            #expect(throws: PlacementRefusal.wrongTime) {
                try tried.moveIn(at: wrong, needsBed: true, Self.turn())
            }
        }
        try placement.moveIn(at: yesterday, needsBed: true, Self.turn())
        for wrong in [yesterday + .seconds(-1), Self.now + .seconds(1)] {
            var tried = placement
            #expect(throws: PlacementRefusal.wrongTime) {
                try tried.moveOut(at: wrong, because: "rule", to: "unknown", Self.turn())
            }
        }
        try placement.moveOut(at: yesterday, because: "rule", to: "unknown", Self.turn())
        let early = Self.now + .seconds(5 * -86_400)
        var before = Self.stored(.accepted)
        try before.moveIn(at: early, needsBed: true, Self.turn())
        #expect(before.bed?.from == early, "the bed was theirs from the day on which they came")
    }

    @Test("what is asked for changes while they wait, and the same priority keeps its rank")
    func revise() throws {
        var placement = Self.stored(.interviewed)
        let (urgent, renumbered) = (
            ResidencePolicy.Priority(code: "urgent", rank: 10, text: ""),
            ResidencePolicy.Priority(code: "urgent", rank: 5, text: "")
        )
        try placement.revise(wish: BedKind(.any, .family), priority: urgent, Self.turn())
        try placement.revise(wish: BedKind(.any, .family), priority: renumbered, Self.turn())
        #expect(placement.priorityRank == 10 && placement.wish == BedKind(.any, .family))
        for status in [PlacementStatus.accepted, .movedIn, .movedOut, .declined, .withdrawn] {
            var settled = Self.stored(status)
            #expect(throws: PlacementRefusal.notNow(status)) {
                try settled.revise(wish: BedKind(.any, .family), priority: urgent, Self.turn())
            }
        }
    }

    @Test("another bed is given to somebody who was accepted or lives there, and to nobody else")
    func otherBed() throws {
        for status in PlacementStatus.allCases {
            var placement = Self.stored(status)
            if [.accepted, .movedIn].contains(status) {
                try placement.take(.fixed(9), heldUntil: Self.now + .seconds(9), Self.turn())
                #expect(placement.bed?.bedID == .fixed(9) && placement.bed?.from == Self.now)
                #expect((placement.bed?.heldUntil == nil) == (status == .movedIn))
            } else {
                #expect(throws: PlacementRefusal.notNow(status)) {
                    try placement.take(.fixed(9), heldUntil: Self.now, Self.turn())
                }
            }
        }
    }

    @Test("whoever changes beds leaves a stay behind; the same bed again changes nothing about when it was theirs")
    func changedBeds() throws {
        var placement = Self.stored(.movedIn)
        let day = Self.now + .seconds(-86_400)
        try placement.take(Self.bed, heldUntil: Self.now, Self.turn())
        #expect(placement.stays == [.init(bedID: Self.bed, from: day, until: nil)] && placement.version == 8)
        try placement.take(.fixed(9), heldUntil: Self.now, Self.turn())
        // Two changes within one moment: nobody slept in the bed in between.
        try placement.take(.fixed(8), heldUntil: Self.now, Self.turn())
        let later = Self.turn(Self.now + .seconds(60))
        try placement.take(Self.bed, heldUntil: Self.now, later)
        let stays: [Placement.BedStay] = [
            .init(bedID: Self.bed, from: day, until: Self.now),
            .init(bedID: .fixed(8), from: Self.now, until: later.now),
            .init(bedID: Self.bed, from: later.now, until: nil),
        ]
        #expect(placement.stays == stays)
        var held = Self.stored(.accepted)
        try held.take(Self.bed, heldUntil: Self.now + .seconds(9), Self.turn())
        #expect(held.bed?.from == day && held.bed?.heldUntil == Self.now + .seconds(9))
        try held.take(.fixed(9), heldUntil: Self.now, Self.turn())
        #expect(held.stays.map(\.bedID) == [.fixed(9)], "nobody slept in a bed that was held")
    }

    @Test("whoever had left before they were given another bed never had it; before they moved in nobody leaves")
    func leftBefore() throws {
        let (moved, left) = (Self.now + .seconds(-86_400), Self.now + .seconds(-3600))
        var placement = Self.stored(.movedIn)
        try placement.take(.fixed(9), heldUntil: Self.now, Self.turn())
        var early = placement
        #expect(throws: PlacementRefusal.wrongTime) {
            try early.moveOut(at: moved + .seconds(-1), because: "rule", to: "unknown", Self.turn())
        }
        try placement.moveOut(at: left, because: "rule", to: "unknown", Self.turn())
        #expect(placement.stays == [.init(bedID: Self.bed, from: moved, until: left)])
    }

    @Test(
        "a bed fits whoever asks for such a one; one for anybody fits all, a family's room one parent",
        arguments: [
            ("women/single", "women/single", true), ("women/single", "men/single", false),
            ("women/single", "any/single", false), ("any/single", "women/single", true),
            ("any/single", "any/single", true), ("any/single", "any/family", false),
            ("any/family", "women/parent-with-children", true), ("any/parent-with-children", "any/family", false),
            ("men/family", "women/parent-with-children", false),
        ])
    func fits(_ bed: String, _ wish: String, _ expected: Bool) throws {
        let (bed, wish) = (try #require(BedKind(bed)), try #require(BedKind(wish)))
        #expect(bed.fits(wish) == expected)
        #expect(bed.fittingWishes.contains(wish) == expected)
        #expect(BedKind.fitting(wish.gender, wish.household).contains(bed) == expected)
    }

    @Test("types, reasons and priorities follow their schema; other needs a note; the lowest priority is the usual one")
    func policy() throws {
        let policy = try ResidencePolicy.standard()
        #expect(try JSONSchema(ResidencePolicy.schema).faults(in: Array(JSONEncoder().encode(policy))) == [])
        #expect(policy.types.map(\.code) == ["P", "M", "S", "C"])
        #expect(policy.types.map(\.level) == ["I", "II", "III", "IV"])
        for words in [policy.moveOutReasons, policy.declineReasons, policy.nextPlaces, policy.rules] {
            #expect(Set(words.map(\.code)).count == words.count)
        }
        #expect(policy.priority(nil)?.code == "standard" && policy.priority("heard-of-nowhere") == nil)
        let other = { ResidencePolicy.faults(of: "other", among: policy.moveOutReasons, note: $0, at: "/reason") }
        #expect(other(nil).map(\.pointer) == ["/note"] && other("a fire").isEmpty)
        let (fresh, old) = (Self.now + .seconds(-7 * 86_400), Self.now + .seconds(-7 * 86_400 - 1))
        #expect(!policy.isStale(fresh, at: Self.now) && policy.isStale(old, at: Self.now))
    }
}
