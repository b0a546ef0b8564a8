internal import FoundationEssentials
internal import Hummingbird
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

extension ReferralsAPI {
    func addDecisions(to routes: inout Routes) {
        for verb in Verb.allCases {
            routes.add(
                Route(
                    .post, "/v1/referrals/{referralID}/\(verb.rawValue)", "\(verb.rawValue)Referral", verb.summary,
                    access: verb == .cancel ? .officeAndPartners : .office, discloses: [.presence, .referral],
                    idempotency: .supported, bodyLimit: 16 * 1024
                )
            ) { request, context in
                try await decide(verb, request, context)
            }
        }
    }

    /// What may be decided about a referral.
    enum Verb: String, CaseIterable, Sendable {
        case accept, reject, hold, resume, cancel, close

        var summary: String {
            switch self {
            case .accept: "Take a referral on"
            case .reject: "Do not take a referral on, and say why"
            case .hold: "Pause the work, and say why"
            case .resume: "Go on after a pause"
            case .cancel: "Take a referral back, and say why"
            case .close: "Close the loop: what became of the need"
            }
        }
    }

    /// A change of a case by somebody at some time.
    private typealias Decision =
        @Sendable (inout Case, ReferralID, [Engagement], Referral.Actor, Instant) throws -> Void

    func decide(_ verb: Verb, _ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try Caller(context.principal)
        let version = try request.ifMatch
        let decision = try await decision(verb, request, context)
        return try await inWork(context) { work in
            let id = try await target(of: caller, context, work)
            return try await work.tx.once(context, resource: id.rawValue, status: .ok) {
                try await store.change(id, in: work, check: { try check($0, version, caller) }) { current, open in
                    try decision(&current, id, open, caller.actor, work.now)
                }
            } answer: { _ in
                guard let taken = try await store.taken(id, in: work) else { throw StoreError(.notFound) }
                return try await answer(taken, to: caller, as: .update, context, work)
            }
        }
    }

    private func decision(_ verb: Verb, _ request: Request, _ context: APIContext) async throws -> Decision {
        switch verb {
        case .accept:
            return { current, id, open, actor, now in try current.accept(id, joining: open, by: actor, at: now) }
        case .resume: return { current, id, _, actor, now in try current.resume(id, by: actor, at: now) }
        case .close:
            let body = try await request.decode(CloseBody.self, context: context)
            guard body.note.map({ (1...500).contains($0.count) }) ?? true else {
                throw Faults([Fault("/note", "1 to 500 characters")])
            }
            return { current, id, _, actor, now in
                try current.close(id, body.reason, note: body.note, by: actor, at: now)
            }
        case .reject, .hold, .cancel:
            let reason = try await request.decode(ReasonBody.self, context: context).checked()
            return { current, id, _, actor, now in
                switch verb {
                case .reject: try current.reject(id, because: reason, by: actor, at: now)
                case .hold: try current.hold(id, because: reason, by: actor, at: now)
                default: try current.cancel(id, because: reason, by: actor, at: now)
                }
            }
        }
    }

    /// The referral that the path names; for a partner by its own id.
    func target(of caller: Caller, _ context: APIContext, _ work: Work) async throws -> ReferralID {
        switch caller {
        case .staff: return try context.parameter("referralID")
        case .partner(let partner, _):
            let alias = try context.parameter("referralID", as: UUIDText.self).uuid
            guard let id = try await store.resolve(alias, .referral, of: partner, as: ReferralID.self, in: work) else {
                throw StoreError(.notFound)
            }
            return id
        }
    }

    /// A partner's versions count what it was shown.
    func check(_ stored: StoredReferral, _ version: Int, _ caller: Caller) throws {
        let present: Int
        switch caller {
        case .staff: present = stored.referral.version
        case .partner(let partner, _):
            guard stored.referral.partnerID == partner else { throw StoreError(.notFound) }
            present = stored.shown.version
        }
        guard present == version else { throw StoreError(.stale) }
    }
}
