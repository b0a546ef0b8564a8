import Models
import SchedulingDomain
import Testing

/// Critical Time Intervention from 20 February 2026: Transition until 20 May, Try-Out until 20 August, Transfer of Care
/// until 20 November.
@Suite struct PhaseTests {
    static let review = PhaseReview(
        heldOn: .on("2026-05-18"), connections: [.init(support: "recovery residence", strength: 2)],
        nextFocusAreas: ["housing", "legal"], note: "goes to two meetings a week"
    )
    static let enough = ContactTally(communityMeetings: 3, supportMeetings: 2)
    static let nearEnd = Instant.at("2026-05-15T12:00:00Z")

    private func advance(
        _ plan: inout ContactPlan, to phase: String = "try-out", review: PhaseReview = review,
        tally: ContactTally = enough, override: SupervisorOverride? = nil, at now: Instant = nearEnd
    ) throws -> [PlanEffect] {
        try plan.advance(
            to: PhaseCode(rawValue: phase), review: review, tally: tally, override: override, at: now, model: .cti
        )
    }

    private func code(_ body: () throws -> Void) -> Refusal.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? Refusal)?.code
        }
    }

    @Test("a review with all that is required goes over to the next phase; dates stay")
    func next() throws {
        var plan = try ContactPlan.fixture(.cti)
        let contacts = plan.contacts
        let effects = try advance(&plan)
        #expect(effects == [.phaseChanged(from: PhaseCode(rawValue: "transition"), to: PhaseCode(rawValue: "try-out"))])
        #expect(plan.phases.map(\.startsOn.description) == ["2026-02-20", "2026-05-20", "2026-08-20"])
        #expect(plan.contacts == contacts)
        #expect(plan.currentPhase?.focusAreas == ["housing", "legal"])
    }

    @Test(
        "what is owed stops the phase, and a supervisor with a reason can leave it aside",
        arguments: [
            ("community-meetings", ContactTally(communityMeetings: 2, supportMeetings: 2), review),
            ("support-meetings", ContactTally(communityMeetings: 3, supportMeetings: 1), review),
            ("connection-strengths", enough, PhaseReview(heldOn: .on("2026-05-18"), nextFocusAreas: ["housing"])),
            ("next-phase-plan", enough, PhaseReview(heldOn: .on("2026-05-18"), connections: review.connections)),
            (
                "next-phase-plan", enough,
                PhaseReview(
                    heldOn: .on("2026-05-18"), connections: review.connections,
                    nextFocusAreas: ["housing", "legal", "health", "harm-reduction"]
                )
            ),
            (
                "next-phase-plan", enough,
                PhaseReview(heldOn: .on("2026-05-18"), connections: review.connections, nextFocusAreas: ["golf"])
            ),
        ]
    )
    func owed(_ requirement: String, _ tally: ContactTally, _ review: PhaseReview) throws {
        var plan = try ContactPlan.fixture(.cti)
        #expect {
            _ = try advance(&plan, review: review, tally: tally)
        } throws: {
            ($0 as? Refusal)?.unmet.map(\.requirement) == [requirement]
        }
        _ = try advance(&plan, review: review, tally: tally, override: .fixture)
        #expect(plan.phase.rawValue == "try-out" && plan.phases[0].override == .fixture)
    }

    @Test(
        "phases are entered in order: every pair, with and without an override",
        arguments: ["transition", "try-out", "transfer-of-care"],
        ["transition", "try-out", "transfer-of-care", "nowhere"]
    )
    func pairs(_ from: String, _ to: String) throws {
        let order = ["transition", "try-out", "transfer-of-care"]
        let (start, target) = (order.firstIndex(of: from)!, order.firstIndex(of: to))
        for override in [nil, SupervisorOverride.fixture] {
            var plan = try ContactPlan.fixture(.cti)
            for phase in order[..<start].indices {
                _ = try advance(&plan, to: order[phase + 1], override: .fixture)
            }
            let now = plan.zone.instant(on: plan.currentPhase!.endsOn!)
            let refused = code { _ = try advance(&plan, to: to, override: override, at: now) }
            switch target {
            case nil: #expect(refused == .unknownPhase)
            case start + 1: #expect(refused == nil)
            case let target? where target > start + 1: #expect(refused == (override == nil ? .outOfOrder : nil))
            default: #expect(refused == .outOfOrder)
            }
        }
    }

    @Test("nobody goes over early without an override; with one the rhythm changes from that day, the end stays")
    func early() throws {
        var plan = try ContactPlan.fixture(.cti)
        let now = Instant.at("2026-04-01T12:00:00Z")
        #expect(code { _ = try advance(&plan, at: now) } == .tooEarly)
        _ = try advance(&plan, override: .fixture, at: now)
        #expect(plan.phases.map(\.endsOn?.description) == ["2026-04-01", "2026-08-20", "2026-11-20"])
        let ahead = plan.contacts.filter { $0.status == .planned && $0.window.startsAt > now }
        #expect(!ahead.contains { $0.phase.rawValue == "transition" })
        #expect(ahead.map(\.dueOn).min() == .on("2026-04-15"), "two weeks after going over")
    }

    @Test("a supervisor can extend a phase; the later ones follow at the same length")
    func extend() throws {
        var plan = try ContactPlan.fixture(.cti)
        try plan.extend(until: .on("2026-06-03"), override: .fixture, at: Self.nearEnd, model: .cti)
        #expect(plan.phases.map(\.endsOn?.description) == ["2026-06-03", "2026-09-03", "2026-12-04"])
        let weekly = plan.contacts.filter { $0.phase.rawValue == "transition" && $0.status != .withdrawn }
        #expect(weekly.last?.dueOn == .on("2026-05-29"))
        #expect(
            Set(plan.contacts.filter { $0.status != .withdrawn }.map(\.dueOn)).count
                == plan.contacts.count { $0.status != .withdrawn })
        #expect(
            code { try plan.extend(until: .on("2026-06-03"), override: .fixture, at: Self.nearEnd, model: .cti) }
                == .dateOutOfRange)
    }

    @Test("before release there are no phases; entering the community sets all dates for good")
    func preparation() throws {
        var plan = try ContactPlan.fixture(.cti, setting: .prison)
        #expect(plan.status == .preparing && plan.phases.map(\.code.rawValue) == ["pre-transition"])
        #expect(plan.contacts.count == 14)
        #expect(code { _ = try advance(&plan) } == .stillPreparing)
        let now = Instant.at("2026-07-03T14:00:00Z")
        let effects = try plan.enterCommunity(on: .on("2026-07-02"), at: now, model: .cti)
        #expect(effects.count == 1 && plan.status == .active)
        #expect(plan.phases.dropFirst().map(\.startsOn.description) == ["2026-07-02", "2026-10-02", "2027-01-02"])
        #expect(plan.contacts.prefix(14).allSatisfy { $0.status == .withdrawn })
        #expect(code { _ = try plan.enterCommunity(on: .on("2026-07-02"), at: now, model: .cti) } == .notPreparing)
    }

    @Test("a release is today or up to seven days ago", arguments: ["2026-07-04", "2026-06-25"])
    func releaseDate(_ date: String) throws {
        var plan = try ContactPlan.fixture(.cti, setting: .jail)
        let now = Instant.at("2026-07-03T14:00:00Z")
        #expect(code { _ = try plan.enterCommunity(on: .on(date), at: now, model: .cti) } == .dateOutOfRange)
    }

    static let closing = ClosingReview(
        note: "stays with the residence",
        supports: [
            .init(area: "housing", support: "recovery residence", lastConfirmedOn: .on("2026-11-10")),
            .init(area: "legal", support: "legal aid", lastConfirmedOn: .on("2026-11-02")),
        ], finalMeetingOn: .on("2026-11-14")
    )

    private func inLastPhase() throws -> ContactPlan {
        var plan = try ContactPlan.fixture(.cti)
        _ = try advance(&plan)
        _ = try advance(&plan, to: "transfer-of-care", at: .at("2026-08-19T12:00:00Z"))
        return plan
    }

    @Test("a completed plan opens continuing care, it is no discharge")
    func completed() throws {
        var plan = try inLastPhase()
        let now = Instant.at("2026-11-15T12:00:00Z")
        let effects = try plan.close(.completed, closing: Self.closing, override: nil, at: now, model: .cti)
        #expect(effects.contains(.continuationDue(.recoveryCheckUps)))
        #expect(plan.status == .closed && plan.phase == .closed && plan.nextDeadline(after: now, model: .cti) == nil)
        #expect(!plan.contacts.contains { $0.status.isOwed })
        #expect(
            code { _ = try plan.close(.moved, closing: .init(), override: nil, at: now, model: .cti) } == .planClosed)
    }

    @Test("nobody is discharged early, and closing needs note, supports for each focus area and a final meeting")
    func closingRequirements() throws {
        var plan = try inLastPhase()
        let (early, end) = (Instant.at("2026-10-01T12:00:00Z"), Instant.at("2026-11-16T12:00:00Z"))
        #expect(
            code { _ = try plan.close(.completed, closing: Self.closing, override: nil, at: early, model: .cti) }
                == .tooEarly)
        var incomplete = Self.closing
        incomplete.note = "  "
        incomplete.supports.removeLast()
        incomplete.finalMeetingOn = nil
        #expect {
            _ = try plan.close(.completed, closing: incomplete, override: nil, at: end, model: .cti)
        } throws: {
            ($0 as? Refusal)?.unmet.map(\.requirement) == ["closing-note", "long-term-supports", "final-meeting"]
        }
        _ = try plan.close(.completed, closing: incomplete, override: .fixture, at: early, model: .cti)
        #expect(plan.closureReason == .completed)
    }

    @Test("somebody counts as lost only after outreach that went on to locating")
    func lost() throws {
        var plan = try ContactPlan.fixture(.cti)
        let now = Instant.at("2026-02-23T12:00:00Z")
        #expect(
            code { _ = try plan.close(.lost, closing: .init(), override: nil, at: now, model: .cti) } == .notLocating)
        _ = plan.deadlinesCame(at: now, model: .cti)
        for mode in [ContactMode.phone, .text, .inPerson] {
            _ = plan.record(try plan.contact(.notReached, by: mode, at: now), model: .cti)
        }
        let tenth = now + .seconds(10 * 86_400)
        _ = plan.deadlinesCame(at: tenth, model: .cti)
        let effects = try plan.close(.lost, closing: .init(), override: nil, at: tenth, model: .cti)
        #expect(effects.contains(.continuationDue(.recoveryCheckUps)))
    }

    @Test(
        "a person who leaves or dies is not called again",
        arguments: [ClosureReason.died, .moved, .withdrew, .reincarcerated]
    )
    func left(_ reason: ClosureReason) throws {
        var plan = try ContactPlan.fixture(.cti)
        let effects = try plan.close(reason, closing: .init(), override: nil, at: Self.nearEnd, model: .cti)
        #expect(effects == [.phaseChanged(from: PhaseCode(rawValue: "transition"), to: .closed)])
    }

    @Test("a plan stops with its referral only as long as nobody was reached")
    func stop() throws {
        var fresh = try ContactPlan.fixture(.cti)
        #expect(!fresh.stopUnlessBegun(.cancelled, at: Self.nearEnd, model: .cti).isEmpty)
        #expect(fresh.closureReason == .cancelled)
        var begun = try ContactPlan.fixture(.cti)
        _ = begun.record(try begun.contact(at: begun.startedAt), model: .cti)
        #expect(begun.stopUnlessBegun(.cancelled, at: Self.nearEnd, model: .cti).isEmpty)
        #expect(begun.status == .active)
    }
}
