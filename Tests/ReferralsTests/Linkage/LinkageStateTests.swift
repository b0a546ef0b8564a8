import Models
import ReferralsDomain
import TestKit
import Testing

@Suite("The states of a linkage")
struct LinkageStateTests {
    /// What each step leads to, written by hand from the field's chain: offered, contacted, taken in or refused, still
    /// there, need met.
    static let table: [LinkageStatus: [LinkageStep: LinkageStatus]] = [
        .offered: [
            .contact: .contacted, .admit: .admitted, .attend: .attended, .refuse: .refused, .withdraw: .withdrawn,
        ],
        .contacted: [.admit: .admitted, .attend: .attended, .refuse: .refused, .withdraw: .withdrawn],
        .admitted: [.sustain: .sustained, .miss: .admitted, .end: .ended, .meetNeed: .needMet],
        .attended: [.sustain: .sustained, .miss: .attended, .end: .ended, .meetNeed: .needMet],
        .sustained: [.sustain: .sustained, .miss: .sustained, .end: .ended, .meetNeed: .needMet],
        .refused: [.contact: .contacted],
        .ended: [.meetNeed: .needMet],
        .needMet: [:], .withdrawn: [:],
    ]

    static let pairs = LinkageStatus.allCases.flatMap { from in LinkageStep.allCases.map { (from, $0) } }

    @Test("every step from every state leads where the field's chain says, or is refused", arguments: pairs)
    func transitions(_ from: LinkageStatus, _ step: LinkageStep) {
        #expect(from.after(step) == Self.table[from]?[step])
    }

    @Test(
        "each step ends in the new state with the next version and one line of history, or changes nothing",
        arguments: pairs)
    func moves(_ from: LinkageStatus, _ step: LinkageStep) {
        let before = Linkage.stored(from)
        var linkage = before
        do {
            try Self.perform(step, on: &linkage)
            let expected = Self.table[from]?[step]
            #expect(linkage.status == expected)
            #expect(linkage.version == before.version + 1)
            #expect(linkage.changes.map(\.version) == [linkage.version])
            #expect(linkage.changes.map(\.status) == [linkage.status])
            #expect((linkage.refused != nil) == (linkage.status == .refused))
            #expect((linkage.startedAt != nil) == linkage.status.hasBegun)
            #expect(linkage.changes.first?.refused == linkage.refused, "the history says it, too")
        } catch {
            let isInTable = Self.table[from]?[step] != nil
            #expect(!isInTable, "\(from) \(step): \(error)")
            #expect(error == .notPossible(from: from, step: step))
            #expect(linkage == before)
        }
    }

    static func perform(_ step: LinkageStep, on linkage: inout Linkage) throws(LinkageRefusal) {
        let later = Instant.noon + .seconds(40 * 86_400)
        switch step {
        case .contact: try linkage.contact(by: "x", at: later)
        case .admit, .attend: try linkage.begin(step, on: .noon, checkDays: [7, 30, 90], by: "x", at: later)
        case .refuse: try linkage.refuse(.init(by: .service, reason: "no-funds"), by: "x", at: later)
        case .sustain: try linkage.answer(.sustained, days: 30, by: "x", at: later)
        case .miss: try linkage.answer(.unknown, days: 30, by: "x", at: later)
        case .end, .meetNeed, .withdraw: try linkage.finish(step, by: "x", at: later)
        }
    }

    @Test("it is asked after 7, 30 and 90 days, not before, and the longest yes counts")
    func asked() throws {
        var linkage = Linkage.stored(.contacted)
        try linkage.begin(.admit, on: .noon, checkDays: [7, 30, 90], by: "x", at: .noon)
        #expect(linkage.checks.map(\.dueAt) == [7, 30, 90].map { Instant.noon + .seconds($0 * 86_400) })
        let early = linkage
        #expect(throws: LinkageRefusal.notDue(days: 7, dueAt: .noon + .seconds(7 * 86_400))) {
            var linkage = early
            try linkage.answer(.sustained, days: 7, by: "x", at: .noon + .seconds(6 * 86_400))
        }
        #expect(throws: LinkageRefusal.noSuchCheck(days: 8)) {
            var linkage = early
            try linkage.answer(.sustained, days: 8, by: "x", at: .noon)
        }
        let day31 = Instant.noon + .seconds(31 * 86_400)
        try linkage.answer(.sustained, days: 30, by: "x", at: day31)
        #expect(linkage.status == .sustained && linkage.sustainedDays == 30)
        #expect(linkage.checks.map(\.answer) == [.unknown, .sustained, nil], "of day 7 nothing will be known any more")
        #expect(linkage.nextCheckAt == .noon + .seconds(90 * 86_400))
        let before = linkage
        try linkage.answer(.sustained, days: 30, by: "y", at: day31)
        #expect(linkage == before, "the same answer again changes nothing")
        #expect(throws: LinkageRefusal.answeredOtherwise(days: 30)) {
            var linkage = before
            try linkage.answer(.stopped, days: 30, by: "y", at: day31)
        }
        try linkage.answer(.stopped, days: 90, by: "x", at: .noon + .seconds(91 * 86_400))
        #expect(linkage.status == .ended && linkage.sustainedDays == 30 && linkage.nextCheckAt == nil)
    }

    @Test("what has come to its end is asked no more")
    func dropped() throws {
        for step in [LinkageStep.end, .meetNeed] {
            var linkage = Linkage.stored(.contacted)
            try linkage.begin(.attend, on: .noon, checkDays: [7, 30, 90], by: "x", at: .noon)
            try linkage.finish(step, by: "x", at: .noon)
            #expect(linkage.checks.isEmpty && linkage.nextCheckAt == nil)
        }
    }

    @Test("nothing begins in the future")
    func future() {
        #expect(throws: LinkageRefusal.inFuture) {
            var linkage = Linkage.stored(.offered)
            try linkage.begin(.admit, on: .noon + .seconds(1), checkDays: [], by: "x", at: .noon)
        }
    }

    @Test("what became of a ride is what became of its linkage")
    func rides() {
        #expect(Ride.outcome(.attended, nil) == .completed)
        #expect(Ride.outcome(.withdrawn, nil) == .cancelled)
        #expect(Ride.outcome(.refused, .init(by: .person, reason: "no-show")) == .noShow)
        #expect(Ride.outcome(.refused, .init(by: .service, reason: "no-funds")) == .cancelled)
        #expect(Ride.outcome(.contacted, nil) == nil)
    }

    @Test("the catalogue follows its schema, names each code once, and every reference in it leads somewhere")
    func catalogue() throws {
        let catalogue = try LinkageCatalogue.standard()
        #expect(try JSONSchema(LinkageCatalogue.schema).faults(in: LinkageCatalogue.standardFile) == [])
        let needs = Set(catalogue.needs.map(\.code))
        #expect(needs.count == catalogue.needs.count)
        #expect(Set(catalogue.services.map(\.code)).count == catalogue.services.count)
        #expect(Set(catalogue.refusals.map(\.code)).count == catalogue.refusals.count)
        #expect(Set(catalogue.services.map(\.need)) == needs, "each need can be met by something, and nothing else")
        #expect(catalogue.checkDays == [7, 30, 90])
        #expect(catalogue.needs.allSatisfy { LinkageCatalogue.classes.contains($0.class) })
        #expect(catalogue.dataClass(ofService: "methadone") == .medication)
        #expect(catalogue.dataClass(ofService: "expungement") == .justice)
        #expect(catalogue.dataClass(ofService: "of a newer list") == .justice)
        #expect(catalogue.classes(ofRefusal: "medication-not-accepted") == [.medication])
        #expect(catalogue.classes(ofRefusal: "no-funds") == [])
        #expect(catalogue.classes(ofRefusal: "of a newer list") == [.justice])
        #expect(catalogue.classes(ofRidePurpose: "court") == [.justice])
        #expect(catalogue.classes(ofRidePurpose: "of a newer list") == [.justice])
        let own = catalogue.refusals.compactMap(\.class) + catalogue.ridePurposes.compactMap(\.class)
        #expect(LinkageCatalogue.classes.isSuperset(of: own))
    }

    @Test("spans of one programme overlap where they share a day", arguments: [1, 2, 3] as [UInt64])
    func overlaps(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        func span() -> CoverageSpan {
            let start = Int.random(in: 0..<20, using: &random)
            let end = Bool.random(using: &random) ? start + Int.random(in: 0..<10, using: &random) : nil
            return CoverageSpan(
                coverageID: .fixed(1), participantID: .fixed(2), programme: "medicaid", planCode: nil,
                from: CivilDate(daysSince1970: start), through: end.map(CivilDate.init(daysSince1970:)),
                recordedAt: .noon, recordedBy: "x")
        }
        func days(_ span: CoverageSpan) -> Set<Int> {
            Set(span.from.daysSince1970...(span.through?.daysSince1970 ?? 40))
        }
        for _ in 0..<500 {
            let (one, other) = (span(), span())
            #expect(one.overlaps(other) == !days(one).isDisjoint(with: days(other)), "\(one) \(other)")
            #expect(one.overlaps(other) == other.overlaps(one))
        }
    }

    @Test("the name of a fund is short, whatever it is made of", arguments: ["", "e" + manyAccents, long])
    func fundName(_ name: String) throws {
        func faults(_ name: String) throws -> [String] {
            let day = CivilDate(daysSince1970: 20_000)
            let fund = Fund(
                fundID: .fixed(1), name: name, amountCents: 1, personCapCents: nil, kinds: [], startsOn: day,
                endsOn: day)
            return fund.faults(try .standard()).map(\.pointer)
        }
        #expect(try faults(name) == ["/name"])
        #expect(try faults(String(repeating: "語", count: 80)) == [])
    }

    /// One character.
    private static let manyAccents = String(repeating: "\u{301}", count: 200)
    private static let long = String(repeating: "x", count: 81)

    @Test("of anonymous people nothing but the day is said")
    func anonymous() throws {
        let catalogue = try LinkageCatalogue.standard()
        let day = CivilDate(daysSince1970: 20_000)
        func kit(_ recipient: NaloxoneKit.Recipient, _ id: ParticipantID?) -> [String] {
            NaloxoneKit(
                kitID: .fixed(1), givenOn: day, recipient: recipient, participantID: id, product: "nasal-4mg",
                lot: "A1", expiresOn: day, count: 1, training: ["recognise"], refill: "first"
            ).faults(catalogue, today: day).map(\.pointer)
        }
        #expect(kit(.anonymous, nil) == [] && kit(.agency, nil) == [] && kit(.family, nil) == [])
        #expect(kit(.anonymous, .fixed(3)) == ["/participantID"] && kit(.agency, .fixed(3)) == ["/participantID"])
        #expect(kit(.participant, nil) == ["/participantID"] && kit(.participant, .fixed(3)) == [])
    }
}

extension Linkage {
    /// A linkage in some state; where it has begun, at noon with the usual questions ahead.
    static func stored(_ status: LinkageStatus) -> Linkage {
        Linkage(
            linkageID: .fixed(1), needID: .fixed(2), participantID: .fixed(3), version: 4, service: "methadone",
            level: .accompanied, status: status, entryID: nil,
            refused: status == .refused ? .init(by: .service, reason: "at-capacity") : nil,
            startedAt: status.hasBegun ? .noon : nil, sustainedDays: status == .sustained ? 7 : 0,
            checks: status.hasBegun
                ? [7, 30, 90].map { LinkageCheck(days: $0, dueAt: .noon + .seconds($0 * 86_400)) } : [],
            offeredAt: .noon, offeredBy: "x", changedAt: .noon)
    }
}
