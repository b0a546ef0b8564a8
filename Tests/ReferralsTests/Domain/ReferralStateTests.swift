import FoundationEssentials
import Models
import ReferralsDomain
import Testing

@Suite("The states of a referral")
struct ReferralStateTests {
    /// Gravity SDOH Clinical Care, table of Task transitions.
    static let published: [ReferralStatus: Set<ReferralStatus>] = [
        .draft: [.requested],
        .requested: [.accepted, .rejected, .cancelled],
        .accepted: [.inProgress, .onHold, .cancelled, .completed, .failed],
        .inProgress: [.onHold, .cancelled, .completed, .failed],
        .onHold: [.inProgress, .cancelled, .completed, .failed],
    ]

    static let pairs = ReferralStatus.allCases.flatMap { from in ReferralStatus.allCases.map { (from, $0) } }

    @Test("every pair of states is allowed or refused as published; entered in error from anywhere", arguments: pairs)
    func transitions(_ from: ReferralStatus, _ to: ReferralStatus) {
        let expected =
            to == .enteredInError ? from != .enteredInError : Self.published[from, default: []].contains(to)
        #expect(from.successors.contains(to) == expected)
    }

    @Test("each move, by each side, ends in the new state with the next version, or changes nothing", arguments: pairs)
    func moves(_ from: ReferralStatus, _ to: ReferralStatus) throws {
        for party in Referral.Party.allCases {
            let before = Referral.stored(from)
            var referral = before
            let mayGo = Self.performable(from, to) && to.setters.contains(party)
            do {
                guard try Self.perform(to, on: &referral, by: .init(party, "x")) else { continue }
                #expect(mayGo, "\(from) to \(to) by \(party)")
                #expect(referral.status == to && referral.version == before.version + 1)
                #expect(referral.changes.map(\.version) == [referral.version])
                #expect(referral.changes.map(\.from) == [from])
            } catch is Referral.Refusal {
                #expect(!mayGo, "\(from) to \(to) by \(party)")
                #expect(referral == before)
            }
        }
    }

    /// Whether a verb exists that makes this move.
    static func performable(_ from: ReferralStatus, _ to: ReferralStatus) -> Bool {
        if to == .inProgress { return from == .onHold }
        return from.successors.contains(to)
    }

    static func perform(_ to: ReferralStatus, on referral: inout Referral, by actor: Referral.Actor) throws -> Bool {
        switch to {
        case .requested: try referral.request(by: actor, at: .noon)
        case .accepted: try referral.accept(by: actor, at: .noon)
        case .rejected: try referral.reject(because: "why", by: actor, at: .noon)
        case .cancelled: try referral.cancel(because: "why", by: actor, at: .noon)
        case .onHold: try referral.hold(because: "why", by: actor, at: .noon)
        case .inProgress: try referral.resume(by: actor, at: .noon)
        case .completed: try referral.close(.needMet, by: actor, at: .noon)
        case .failed: try referral.close(.moved, by: actor, at: .noon)
        case .enteredInError: try referral.withdrawAsError(because: nil, by: actor, at: .noon)
        case .draft: return false
        }
        return true
    }

    @Test("what needs a reason is refused without one", arguments: ["", "  ", nil] as [String?])
    func reasons(_ reason: String?) {
        let actor = Referral.Actor(.performer, "x")
        var requested = Referral.stored(.requested)
        #expect(throws: Referral.Refusal(referralID: requested.referralID, code: .reasonRequired(.rejected))) {
            try requested.reject(because: reason, by: actor, at: .noon)
        }
        #expect(throws: Referral.Refusal(referralID: requested.referralID, code: .reasonRequired(.cancelled))) {
            try requested.cancel(because: reason, by: actor, at: .noon)
        }
        var open = Referral.stored(.inProgress)
        #expect(throws: Referral.Refusal(referralID: open.referralID, code: .reasonRequired(.onHold))) {
            try open.hold(because: reason, by: actor, at: .noon)
        }
    }

    @Test(
        "every closing reason ends the loop in both code systems, failed ones with a text",
        arguments: ClosingReason.allCases)
    func closing(_ reason: ClosingReason) throws {
        var referral = Referral.stored(.inProgress)
        try referral.close(reason, by: .init(.performer, "x"), at: .noon)
        let expected: (ReferralStatus, BusinessStatus) =
            switch reason {
            case .needMet, .needPartlyMet, .referredOn: (.completed, .fulfillmentCompleted)
            case .declined: (.completed, .declined)
            case .notReached, .died, .moved, .notEligible: (.failed, .fulfillmentCancelled)
            }
        #expect((referral.status, referral.businessStatus) == expected)
        #expect(referral.closingReason == reason && referral.statusReason != nil && referral.closedAt == .noon)
    }

    @Test(
        "news moves only open referrals, ends no pause, and older news changes nothing",
        arguments: ReferralStatus.allCases)
    func news(_ status: ReferralStatus) {
        var referral = Referral.stored(status)
        referral.progress(to: .eventCompleted, by: .init(.performer, "x"), at: .noon)
        switch status {
        case .accepted, .inProgress:
            #expect(referral.status == .inProgress && referral.businessStatus == .eventCompleted)
        case .onHold: #expect(referral.status == .onHold && referral.businessStatus == .eventCompleted)
        default: #expect(referral == .stored(status))
        }
        let after = referral
        referral.progress(to: .scheduled, by: .init(.performer, "x"), at: .noon - .seconds(60))
        #expect(referral == after)
    }

    @Test("each ending of a bedside visit", arguments: BedsideOutcome.allCases)
    func bedside(_ outcome: BedsideOutcome) throws {
        var referral = Referral.stored(.inProgress)
        let closing = try referral.bedsideVisitEnded(outcome, by: .init(.performer, "x"), at: .noon)
        switch outcome {
        case .seenAccepted: #expect(referral.businessStatus == .eventCompleted && closing == nil)
        case .seenDeclined, .refusedContact: #expect(referral.status == .completed && closing == .declined)
        case .died: #expect(referral.status == .failed && closing == .died)
        case .leftBeforeArrival, .unable: #expect(referral.status == .inProgress && closing == nil)
        }
    }
}

@Suite("Business status")
struct BusinessStatusTests {
    /// The arrows of BSeR's state machine, as FACTS §9.4 lists them.
    static let published: [BusinessStatus: [BusinessStatus]] = [
        .created: [.accepted, .declined, .cancellationRequested],
        .accepted: [.declined, .active, .scheduled, .cancellationRequested, .eventCompleted, .fulfillmentCompleted],
        .active: [.declined, .cancellationRequested],
        .scheduled: [
            .declined, .scheduled, .unattended, .eventCancelled, .cancellationRequested, .eventCompleted,
            .fulfillmentCompleted,
        ],
        .unattended: [.declined, .scheduled, .eventCancelled, .cancellationRequested],
        .eventCancelled: [.scheduled, .cancellationRequested],
        .eventCompleted: [
            .declined, .scheduled, .eventCancelled, .cancellationRequested, .eventCompleted, .fulfillmentCompleted,
        ],
        .cancellationRequested: [.fulfillmentCancelled, .fulfillmentCompleted],
    ]

    @Test("every published arrow is taken", arguments: BusinessStatus.allCases)
    func arrows(_ from: BusinessStatus) {
        #expect(from.successorsInBSeR == Set(Self.published[from, default: []]))
        for to in from.successorsInBSeR { #expect(to.mayFollow(from)) }
    }

    @Test(
        "nothing follows an end, and no end has a way back",
        arguments: [BusinessStatus.declined, .fulfillmentCancelled, .fulfillmentCompleted])
    func ends(_ end: BusinessStatus) {
        for next in BusinessStatus.allCases { #expect(!next.mayFollow(end)) }
    }

    @Test("only the published codes travel as codes")
    func codes() {
        let published = ["2.0", "3.0", "4.0", "5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.2", "6.0", "7.0"]
        #expect(BusinessStatus.allCases.compactMap(\.code).sorted() == published)
    }
}

extension Instant {
    static let noon = Instant("2026-11-22T12:00:00Z")!
}

extension Referral {
    static func stored(
        _ status: ReferralStatus, _ business: BusinessStatus? = nil, partner: PartnerID? = nil, emergency: Bool = true,
        id: ReferralID = .fixed(1)
    ) -> Referral {
        let isFar = ![ReferralStatus.draft, .requested, .rejected].contains(status)
        return Referral(
            stored: .init(
                referralID: id, participantID: .fixed(9), partnerID: partner,
                request: ReferralRequest(
                    setting: emergency ? .emergencyDepartment : .inpatient, priority: emergency ? .stat : .routine
                ),
                receivedAt: .noon - .seconds(3600), version: 3, status: status,
                businessStatus: business ?? (status == .accepted ? .accepted : isFar ? .active : .created),
                statusReason: status.needsReason ? "why" : nil, wasCancelledBySender: false, closingReason: nil,
                engagementID: isFar ? id : nil, acceptedAt: isFar ? .noon - .seconds(3000) : nil, closedAt: nil,
                changedAt: .noon - .seconds(600), businessChangedAt: .noon - .seconds(600)
            )
        )
    }
}

extension ID {
    static func fixed(_ number: UInt8) -> ID {
        ID(rawValue: .init(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, number)))
    }
}
