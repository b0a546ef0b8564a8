import Models
import ReferralsDomain
import TestKit
import Testing

@Suite("What is written down at the bedside")
struct BedsideVisitTests {
    private static let catalogue = Result { try BedsideCatalogue.standard() }
    private static let accepted = Instant.noon - .seconds(60 * 86_400)

    private static func pointers(
        acceptedAt: Instant? = Self.accepted, _ change: (inout BedsideVisit) -> Void
    ) throws -> [String] {
        var visit = BedsideVisit()
        change(&visit)
        return try visit.faults(
            catalogue.get(), acceptedAt: acceptedAt, today: Instant.noon.dateInUTC, now: .noon
        ).map(\.pointer)
    }

    @Test("the catalogue follows its schema and names each code once; drugs are medication, custody is justice")
    func catalogue() throws {
        let catalogue = try Self.catalogue.get()
        #expect(try JSONSchema(BedsideCatalogue.schema).faults(in: BedsideCatalogue.standardFile) == [])
        for list in [
            catalogue.naloxoneGivers, catalogue.medications, catalogue.dispositions, catalogue.statuses,
            catalogue.relations, catalogue.places,
        ] {
            #expect(Set(list.map(\.code)).count == list.count)
        }
        // Where some answers could be seen and others not, a gap would say which it is.
        #expect(catalogue.naloxoneGivers.allSatisfy { $0.class == .medication })
        #expect(catalogue.medications.allSatisfy { $0.class == .medication })
        let justice = (catalogue.dispositions + catalogue.statuses).filter { $0.class == .justice }.map(\.code)
        #expect(justice == ["jail", "incarcerated"])
        #expect(catalogue.eightWeeks.days == 56)
        #expect(catalogue.eightWeeks.earliestDays <= catalogue.eightWeeks.days)
    }

    @Test("nothing at all is half a record, too; times go from the overdose over the arrival to now")
    func times() throws {
        #expect(try Self.pointers { _ in } == [])
        func times(_ overdose: Int?, _ arrival: Int?) throws -> [String] {
            try Self.pointers {
                $0.overdoseAt = overdose.map { .noon + .seconds($0) }
                $0.arrivedInHospitalAt = arrival.map { .noon + .seconds($0) }
            }
        }
        #expect(try times(-1200, -600) == [])
        #expect(try times(-600, -600) == [])
        #expect(try times(0, 0) == [])
        #expect(try times(-600, nil) == [])
        #expect(try times(-600, -601) == ["/overdoseAt"])
        #expect(try times(1, nil) == ["/overdoseAt"])
        #expect(try times(-600, 1) == ["/arrivedInHospitalAt"])
        #expect(try times(1, 2) == ["/arrivedInHospitalAt", "/overdoseAt"])
        #expect(try Self.pointers { $0.nextContactOn = Instant.noon.dateInUTC.adding(days: 367) } == ["/nextContactOn"])
        #expect(try Self.pointers { $0.nextContactOn = Instant.noon.dateInUTC.adding(days: 366) } == [])
    }

    @Test("minutes are those of a day, codes those of the lists, each once", arguments: [-1, 1441])
    func bounds(_ minutes: Int) throws {
        #expect(try Self.pointers { $0.minutesAtBedside = minutes } == ["/minutesAtBedside"])
        #expect(try Self.pointers { $0.minutesAtBedside = 45 } == [])
        #expect(try Self.pointers { $0.naloxoneBy = ["ems", "police"] } == [])
        #expect(try Self.pointers { $0.naloxoneBy = ["ems", "ems"] } == ["/naloxoneBy"])
        #expect(try Self.pointers { $0.naloxoneBy = ["a neighbour, Mr. X"] } == ["/naloxoneBy"])
        #expect(try Self.pointers { $0.medicationStarted = "aspirin" } == ["/medicationStarted"])
        #expect(try Self.pointers { $0.disposition = "elsewhere" } == ["/disposition"])
    }

    @Test("a status is said of eight weeks, not of three days; that somebody died, at once; and of nobody not accepted")
    func status() throws {
        func said(_ code: String?, after days: Int?, acceptedAt: Instant? = Self.accepted) throws -> [String] {
            try Self.pointers(acceptedAt: acceptedAt) {
                $0.statusAtEightWeeks = code
                $0.statusAtEightWeeksAt = days.map { Self.accepted + .seconds($0 * 86_400) }
            }
        }
        #expect(try said("in-contact", after: 49) == [])
        #expect(try said("in-contact", after: 48) == ["/statusAtEightWeeksAt"])
        #expect(try said("died", after: 3) == [])
        #expect(try said("died", after: -1) == ["/statusAtEightWeeksAt"])
        #expect(try said("lost", after: 61) == ["/statusAtEightWeeksAt"], "of tomorrow")
        #expect(try said("in-contact", after: 56, acceptedAt: nil) == ["/statusAtEightWeeks"])
        #expect(try said(nil, after: 56) == ["/statusAtEightWeeks"])
        #expect(try said("well", after: 56) == ["/statusAtEightWeeks"])
    }

    @Test("what a class hides is not shown, and is not taken away by whoever leaves it out")
    func hidden() throws {
        let catalogue = try Self.catalogue.get()
        var before = BedsideVisit()
        before.naloxoneBy = ["ems"]
        before.medicationStarted = "buprenorphine"
        before.naloxoneKitGiven = true
        before.disposition = "jail"
        before.minutesAtBedside = 30
        (before.statusAtEightWeeks, before.statusAtEightWeeksAt) = ("incarcerated", .noon)
        #expect(before.classes(catalogue) == [.referral, .medication, .justice])
        var bare = BedsideVisit()
        bare.minutesAtBedside = 30
        let toReferral: (DataClass) -> Bool = { $0 == .referral }
        #expect(before.within(catalogue, where: toReferral) == bare)
        #expect(before.within(catalogue) { _ in true } == before)
        #expect(BedsideVisit().keeping(before, catalogue) { _ in true } == BedsideVisit())
        var kept = before
        kept.minutesAtBedside = nil
        #expect(BedsideVisit().keeping(before, catalogue, where: toReferral) == kept)
        var said = BedsideVisit()
        said.disposition = "home"
        #expect(said.keeping(before, catalogue, where: toReferral).disposition == "home", "who knows it says it")
        var newer = BedsideVisit()
        newer.disposition = "of a newer list"
        #expect(newer.classes(catalogue).contains(.justice))
        #expect(newer.within(catalogue) { $0 != .justice }.disposition == nil)
    }
}
