import FoundationEssentials
import MessageTable
import Models
import Postgres
import ReferralsDomain
import Testing

@testable import Referrals

@Suite("What other services report")
struct ReferralsGroupTests {
    /// An emergency of one person, referred by two hospitals, the first with a consent.
    static func shared(
        _ referring: Referring, webhook: String? = nil
    ) async throws -> (first: TakenIn, second: TakenIn, hospital: PartnerID) {
        let (a, b) = (try await referring.hospital("First", webhook: webhook), try await referring.hospital("Second"))
        var intake = Intake.emergency(of: .jane, from: a)
        intake.consents = [
            ConsentDraft { id, participant in
                Consent(
                    consentID: id, participantID: participant, discloser: "Agency", information: [.referral],
                    recipient: .partner(a), purpose: .treatment, explainsRevocation: true,
                    expiry: .at(referring.clock.now + .seconds(86_400)),
                    signature: .init(signer: .participant, method: .paper), signedAt: referring.clock.now,
                    warnsOfRedisclosure: false
                )
            }
        ]
        let order = intake
        let first = try await referring.work { try await referring.store.takeIn(order, in: $0) }
        let second = try await referring.work {
            try await referring.store.takeIn(.emergency(of: .jane, from: b), in: $0)
        }
        return (first, second, a)
    }

    static func match(_ referring: Referring, _ taken: TakenIn) -> MatchAccepted {
        MatchAccepted(
            matchID: .fixed(1), referralID: taken.stored.referral.engagementID ?? .fixed(0),
            participantID: taken.stored.referral.participantID, peerID: .fixed(5), version: 1, kind: .dispatch,
            setting: .emergencyDepartment, programme: .overdoseFollowUp, acceptedAt: referring.clock.now
        )
    }

    static func contact(_ referring: Referring, _ taken: TakenIn, _ outcome: ContactOutcome, version: Int = 1)
        -> ContactRecorded
    {
        ContactRecorded(
            contactID: .fixed(3), planID: .fixed(7), referralID: taken.stored.referral.engagementID,
            participantID: taken.stored.referral.participantID, peerID: .fixed(5), version: version, mode: .phone,
            outcome: outcome, dueAt: nil, occurredAt: referring.clock.now, recordedAt: referring.clock.now
        )
    }

    @Test(
        "a match, a visit, a contact move both hospitals' referrals, told twice or once; one is shown it, the other not"
    )
    func moves() async throws {
        try await Referring.with { referring in
            let group = ReferralsGroup(store: referring.store)
            let (first, second, _) = try await Self.shared(referring)
            for _ in 1...2 { try await referring.work { try await group.handle(Self.match(referring, first), $0) } }
            referring.clock.advance(by: .seconds(600))
            let ended = DispatchProgressed(
                matchID: .fixed(1), referralID: first.stored.referral.referralID,
                participantID: first.stored.referral.participantID, peerID: .fixed(5), version: 4, step: .ended,
                outcome: .seenAccepted, at: referring.clock.now
            )
            for _ in 1...2 { try await referring.work { try await group.handle(ended, $0) } }
            referring.clock.advance(by: .seconds(600))
            for _ in 1...2 {
                try await referring.work { try await group.handle(Self.contact(referring, first, .noShow), $0) }
            }
            for taken in [first, second] {
                let stored = try #require(
                    try await referring.work {
                        try await referring.store.referral(taken.stored.referral.referralID, in: $0)
                    }
                )
                #expect(stored.referral.status == .inProgress && stored.referral.businessStatus == .unattended)
                // Requested, accepted, matched, visited, missed: each once.
                #expect(stored.referral.version == 5)
            }
            let views = try await referring.work { work in
                [
                    try await referring.store.taken(first.stored.referral.referralID, in: work)?.view,
                    try await referring.store.taken(second.stored.referral.referralID, in: work)?.view,
                ]
            }
            #expect(views.map { $0?.businessStatus } == [.unattended, .accepted])
        }
    }

    @Test("a contact that comes before its match begins the work; the match changes nothing after it")
    func outOfOrder() async throws {
        try await Referring.with { referring in
            let group = ReferralsGroup(store: referring.store)
            let (first, _, _) = try await Self.shared(referring)
            let match = Self.match(referring, first)
            referring.clock.advance(by: .seconds(60))
            try await referring.work { try await group.handle(Self.contact(referring, first, .reached), $0) }
            try await referring.work { try await group.handle(match, $0) }
            let stored = try await referring.work {
                try await referring.store.referral(first.stored.referral.referralID, in: $0)
            }
            #expect(stored?.referral.status == .inProgress && stored?.referral.businessStatus == .eventCompleted)
            let isAssigned = try await referring.work {
                try await referring.store.isAssigned(.fixed(5), to: first.stored.referral.participantID, in: $0)
            }
            #expect(isAssigned)
        }
    }

    @Test("a contact is found by its plan, and what nobody here knows is dropped")
    func byPlan() async throws {
        try await Referring.with { referring in
            let group = ReferralsGroup(store: referring.store)
            let (first, _, _) = try await Self.shared(referring)
            var contact = Self.contact(referring, first, .reached)
            contact.referralID = nil
            contact.contactID = .fixed(4)
            let early = contact
            try await referring.work { try await group.handle(early, $0) }
            let plan = PlanStarted(
                planID: .fixed(7), referralID: first.stored.referral.referralID,
                participantID: first.stored.referral.participantID, peerID: .fixed(5), version: 1,
                programme: .overdoseFollowUp, programmeVersion: 1, startedOn: referring.clock.now.dateInUTC,
                startedAt: referring.clock.now
            )
            try await referring.work { try await referring.store.record(plan, in: $0) }
            contact.contactID = .fixed(5)
            let known = contact
            try await referring.work { try await group.handle(known, $0) }
            var stranger = Self.match(referring, first)
            stranger.referralID = .fixed(99)
            let unknown = stranger
            try await referring.work { try await group.handle(unknown, $0) }
            let stored = try await referring.work {
                try await referring.store.referral(first.stored.referral.referralID, in: $0)
            }
            #expect(stored?.referral.businessStatus == .eventCompleted && stored?.referral.version == 3)
        }
    }

    @Test("somebody who declines at the bedside closes the loop for both, announced once")
    func declined() async throws {
        try await Referring.with { referring in
            let group = ReferralsGroup(store: referring.store)
            let (first, second, _) = try await Self.shared(referring)
            try await referring.work { try await group.handle(Self.match(referring, first), $0) }
            let ended = DispatchProgressed(
                matchID: .fixed(1), referralID: first.stored.referral.referralID,
                participantID: first.stored.referral.participantID, peerID: .fixed(5), version: 4, step: .ended,
                outcome: .seenDeclined, at: referring.clock.now
            )
            for _ in 1...2 { try await referring.work { try await group.handle(ended, $0) } }
            for taken in [first, second] {
                let stored = try await referring.work {
                    try await referring.store.referral(taken.stored.referral.referralID, in: $0)
                }
                #expect(stored?.referral.status == .completed && stored?.referral.closingReason == .declined)
            }
            #expect(try await referring.topics().filter { $0 == "referral.closed.v1" }.count == 1)
            // The next emergency is a dispatch of its own.
            let hospital = try #require(second.stored.referral.partnerID)
            let next = try await referring.work {
                try await referring.store.takeIn(.emergency(of: .jane, from: hospital), in: $0)
            }
            #expect(next.stored.referral.engagementID == next.stored.referral.referralID)
        }
    }

    @Test("when a consent runs out, a scheduled message takes the sender's view back")
    func expiry() async throws {
        try await Referring.with { referring in
            let group = ReferralsGroup(store: referring.store)
            let (first, _, _) = try await Self.shared(referring)
            try await referring.work { try await group.handle(Self.match(referring, first), $0) }
            let scheduled = try await referring.look(
                Statement(
                    "test.scheduled", "select topic from message_table.scheduled where topic like 'consent.%'"),
                as: String.self)
            #expect(scheduled == [ConsentChanged.topic])
            referring.clock.advance(by: .seconds(86_401))
            let participant = first.stored.referral.participantID
            try await referring.work { try await group.lookAgain(at: participant, $0) }
            let stored = try #require(
                try await referring.work {
                    try await referring.store.referral(first.stored.referral.referralID, in: $0)
                }
            )
            #expect(stored.shown.status == .accepted && stored.referral.status == .inProgress)
        }
    }

    @Test("a plan that ended leaves the loop for a person to close, and lists it")
    func awaitingClosing() async throws {
        try await Referring.with { referring in
            let (first, second, _) = try await Self.shared(referring)
            let page = ListPage(limit: 10, before: nil)
            let before = try await referring.work {
                try await referring.store.listAwaitingClosing(page: page, in: $0)
            }
            #expect(before.isEmpty)
            let ended = PlanPhaseChanged(
                planID: .fixed(7), referralID: first.stored.referral.referralID,
                participantID: first.stored.referral.participantID, version: 2, from: "a", to: "closed",
                changedAt: referring.clock.now
            )
            try await referring.work { try await referring.store.record(ended, in: $0) }
            let after = try await referring.work {
                try await referring.store.listAwaitingClosing(page: page, in: $0)
            }
            let both = [first, second].map(\.stored.referral.referralID).sorted()
            #expect(after.map(\.referral.referralID).sorted() == both)
        }
    }

    @Test("what only a newer service knows is kept, and tells the sender nothing")
    func newer() async throws {
        try await Referring.with { referring in
            let group = ReferralsGroup(store: referring.store)
            let (first, _, _) = try await Self.shared(referring)
            try await referring.work { try await group.handle(Self.match(referring, first), $0) }
            let id = first.stored.referral.referralID
            let before = try await referring.work { try await referring.store.referral(id, in: $0) }
            referring.clock.advance(by: .seconds(60))
            var appointment = AppointmentChanged(
                appointmentID: .fixed(9), referralID: first.stored.referral.engagementID,
                participantID: first.stored.referral.participantID, peerID: .fixed(5), version: 1, status: .booked,
                startsAt: referring.clock.now, changedAt: referring.clock.now
            )
            appointment.status = .other("a-status-to-come")
            var progressed = DispatchProgressed(
                matchID: .fixed(1), referralID: id, participantID: first.stored.referral.participantID,
                peerID: .fixed(5), version: 7, step: .arrived, at: referring.clock.now
            )
            progressed.step = .other("a-step-to-come")
            let (changed, moved) = (appointment, progressed)
            try await referring.work { try await group.handle(changed, $0) }
            try await referring.work { try await group.handle(moved, $0) }
            let after = try await referring.work { try await referring.store.referral(id, in: $0) }
            #expect(after?.referral == before?.referral && after?.shown == before?.shown)
            let kept = try await referring.look(
                Statement(
                    "test.carried",
                    "select status from referral.appointment union all select step from referral.dispatch_step order by 1"
                ), as: String.self
            )
            #expect(kept == ["a-status-to-come", "a-step-to-come"])
        }
    }

    @Test("a webhook carries ids and version only, is signed, and is withdrawn when the consent has gone")
    func webhook() async throws {
        try await Referring.with { referring in
            let group = ReferralsGroup(store: referring.store)
            let (first, _, hospital) = try await Self.shared(referring, webhook: "https://hospital.example/hooks")
            try await referring.work { try await group.handle(Self.match(referring, first), $0) }
            let payloads = try await referring.look(
                Statement("test.payloads", "select payload from message_table.delivery"), as: JSONB.self)
            #expect(payloads.count == 1)
            let attempt = DeliveryAttempt(
                agencyID: referring.agencyID, deliveryID: UUID(), partner: hospital.description, kind: "task-changed",
                subjectID: nil, payload: try #require(payloads.first), idempotencyKey: "k", attempt: 1
            )
            let posted = Posted()
            let sender = WebhookSender(pool: referring.pool, store: referring.store, clock: referring.clock.wall) {
                await posted.take($0)
            }
            #expect(await sender.send(attempt) == .sent)
            let request = try #require(await posted.all.first)
            let ids = try #require(first.senderIDs)
            #expect(
                String(decoding: request.body, as: UTF8.self) == """
                    {"data":{"referralID":"\(ids.referralID.uuidString.lowercased())","taskID":"\
                    \(ids.taskID.uuidString.lowercased())","version":2},"timestamp":"\(referring.clock.now)","type":"task.changed"}
                    """
            )
            let secret = try #require(
                try await referring.work { try await referring.store.webhook(of: hospital, in: $0) }
            ).secret
            let id = try #require(request.headers["webhook-id"])
            let expected = WebhookSignature.of(request.body, id: id, at: referring.clock.now, secret: secret)
            #expect(request.headers["webhook-signature"] == expected)
            #expect(request.headers["webhook-timestamp"] == String(referring.clock.now.unixSeconds))

            for (answer, result) in [
                (500, DeliveryResult.failed("status 500")), (nil, .failed("no answer")), (410, .withdrawn("gone")),
            ] {
                await posted.answer(with: answer)
                #expect(await sender.send(attempt) == result)
            }
            let participantID = first.stored.referral.participantID
            _ = try await referring.work { work in
                let person = try await referring.store.lockPerson(participantID, in: work)
                return try await referring.store.revoke(
                    try #require(first.consentIDs.first), of: person, by: "coordinator", in: work)
            }
            let count = await posted.all.count
            #expect(await sender.send(attempt) == .withdrawn("not to be disclosed any more"))
            #expect(await posted.all.count == count, "nothing went out")
        }
    }

    @Test("the signature is that of the Standard Webhooks specification's example")
    func signature() {
        let secret = Data(base64Encoded: "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").map(Array.init) ?? []
        let signature = WebhookSignature.of(
            Array(#"{"test": 2432232314}"#.utf8), id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
            at: Instant(unixSeconds: 1_614_265_330), secret: secret
        )
        #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }
}

/// Collects what was posted.
private actor Posted {
    private(set) var all: [WebhookRequest] = []
    private var status: Int? = 200

    func take(_ request: WebhookRequest) -> Int? {
        all.append(request)
        return status
    }

    func answer(with status: Int?) { self.status = status }
}
