internal import CoreMetrics
internal import FoundationEssentials
internal import HL7v2
internal import Hummingbird
internal import Models
internal import ReferralsDomain
internal import ServiceKit

/// The door for interface engines: HL7 v2 messages over HTTP, one in a request (HL7 over HTTP, as HAPI has it). Every
/// answer is an HL7 message, also where the request was refused before anybody read it.
struct HL7Routes: Sendable {
    let database: Database
    let store: Store
    let clock: WallClock
    /// What makes a visit look like an overdose.
    let rules: OverdoseRules
    var metrics: any MetricsFactory = NOOPMetricsHandler.instance

    static let path = "/hl7v2"

    func add(to routes: inout Routes) {
        routes.add(
            Route(
                .post, Self.path, "receiveHL7",
                "Refer somebody by an HL7 v2 message (REF^I12), take it back (REF^I14), or tell of a visit (ADT)",
                access: .roles(.partner), discloses: [.presence, .referral],
                consumes: [HL7Answer.mediaType, "application/hl7-v2+er7", "text/plain"]),
            receive)
        let (ids, clock) = (store.ids, clock)
        routes.renderProblems(under: Self.path) { problem, _, context in
            // SAFETY: what cannot be read, or has not been, is answered without its number.
            let message = try? HL7Message(Array(context.body.readableBytesView))
            return Self.answer(message, ids, clock.now()).problem(problem)
        }
    }

    func receive(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try FHIRCaller(context)
        try caller.require(.create, "ServiceRequest")
        let now = clock.now()
        let message: HL7Message
        do throws(HL7Fault) {
            message = try HL7Message(Array(context.body.readableBytesView))
        } catch {
            return Self.answer(nil, store.ids, now).unreadable(error)
        }
        let answer = Self.answer(message, store.ids, now)
        do {
            return try await take(message, caller, answer, context)
        } catch let refusal as HL7Refusal {
            return answer.faults(refusal)
        } catch {
            guard let problem = error as? Problem ?? ReferralProblems.problem(error) else { throw error }
            // The denial of a problem is put on record where problems are rendered.
            if problem.denial != nil { throw problem }
            return answer.problem(problem)
        }
    }

    private func take(
        _ message: HL7Message, _ caller: FHIRCaller, _ answer: HL7Answer, _ context: APIContext
    ) async throws -> Response {
        guard message.header.text(11) == nil || message.header.text(11) == "P" else {
            throw HL7Refusal.unsupported(202, at: "MSH^1^11", "only production messages (P) are taken here")
        }
        switch message.type {
        case ("REF", "I12"): return try await refer(message, caller, answer, context)
        case ("REF", "I14"): return try await takeBack(message, caller, answer, context)
        case ("REF", _):
            throw HL7Refusal.unsupported(201, at: "MSH^1^9", "of referrals, I12 and I14 are taken")
        case ("ADT", _), ("SIU", _): return try await hear(message, caller, answer, context)
        default:
            throw HL7Refusal.unsupported(200, at: "MSH^1^9", "REF^I12 and REF^I14 are taken, ADT and SIU are heard")
        }
    }

    private func refer(
        _ message: HL7Message, _ caller: FHIRCaller, _ answer: HL7Answer, _ context: APIContext
    ) async throws -> Response {
        let received = try HL7Referral(message, scope: "partner:\(caller.partnerID)")
        return try await inWork(caller, context) { work in
            guard let sender = try await store.partner(caller.partnerID, in: work), sender.status == .active else {
                throw Problem.forbidden.denying(Denial(.role))
            }
            let intake = Intake(
                request: ReferralRequest(
                    setting: received.setting ?? sender.usualSetting, priority: received.priority,
                    callback: received.callback, languages: received.languages),
                person: received.person, partnerID: caller.partnerID, clientID: caller.clientID,
                placerIdentifier: received.placerIdentifier, subject: caller.clientID)
            try Faults.check(intake.request.faults + received.person.faults(today: work.now.dateInUTC))
            let taken = try await store.takeIn(intake, in: work)
            try store.record(taken, told: taken.wasKnown ? .read : .create, context, in: work)
            let number = taken.senderIDs?.referralID.uuidString.lowercased() ?? ""
            return answer.referral(taken.view, number: number, event: "I12")
        }
    }

    /// Twice is once: what was taken back already is answered as it is.
    private func takeBack(
        _ message: HL7Message, _ caller: FHIRCaller, _ answer: HL7Answer, _ context: APIContext
    ) async throws -> Response {
        let placer = try HL7Referral.placerIdentifier(in: message)
        let reason = message.first("RF1")?.text(10, 2) ?? message.first("RF1")?.text(10) ?? "Taken back by the sender."
        return try await inWork(caller, context) { work in
            guard let id = try await store.referral(placedAs: placer, by: caller.clientID, in: work),
                var taken = try await store.sent(id, by: caller.partnerID, in: work), let ids = taken.senderIDs
            else { throw Problem.hidden }
            if taken.view.status == .cancelled {
                try store.record(taken, told: .read, context, in: work)
            } else {
                let actor = Referral.Actor(.requester, caller.clientID)
                taken = try await store.changeSent(
                    ids.taskID, .task, by: caller.partnerID, expecting: nil, in: work
                ) { current, referral in
                    try current.cancel(referral, because: String(reason.prefix(500)), by: actor, at: work.now)
                }
                try store.record(taken, told: .update, context, in: work)
            }
            return answer.referral(taken.view, number: ids.referralID.uuidString.lowercased(), event: "I14")
        }
    }

    func inWork<T: Sendable>(
        _ caller: FHIRCaller, _ context: APIContext, _ body: @Sendable (Work) async throws -> T
    ) async throws -> T {
        try await database.pool.work(
            for: caller.agencyID, headers: context.messageHeaders, clock: clock, by: context.deadline, body)
    }

    private static func answer(_ message: HL7Message?, _ ids: IDSource, _ now: Instant) -> HL7Answer {
        HL7Answer(message: message, controlID: HL7Answer.controlID(ids), instant: now)
    }
}
