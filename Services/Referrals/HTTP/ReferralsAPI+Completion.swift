internal import Hummingbird
internal import MessageTable
internal import Models
internal import ReferralsDomain
internal import ServiceKit

extension ReferralsAPI {
    func addCompletion(to routes: inout Routes) {
        routes.add(
            Route(
                .post, "/v1/referrals/{referralID}/complete", "completeReferral",
                "Add what was not known when the referral came", access: .officeAndPartners,
                discloses: [.presence, .referral], idempotency: .supported, bodyLimit: 64 * 1024), completeReferral)
    }

    func completeReferral(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try Caller(context.principal)
        let version = try request.ifMatch
        let body = try await request.decode(CompletionBody.self, context: context)
        try Faults.check(body.faults(today: clock.now().dateInUTC))
        return try await inWork(context) { work in
            let id = try await target(of: caller, context, work)
            return try await work.tx.once(context, resource: id.rawValue, status: .ok) {
                try await store.complete(
                    id, with: body.details, person: body.person?.identity(scope: scope(of: caller)), by: caller.actor,
                    in: work
                ) { stored in
                    try check(stored, version, caller)
                    try Faults.check(body.details.applied(to: stored.referral.request).faults)
                }
            } answer: { _ in
                guard let taken = try await store.taken(id, in: work) else { throw StoreError(.notFound) }
                return try await answer(taken, to: caller, as: .update, context, work)
            }
        }
    }

    /// The system of a person's numbers that name none: the sender's own.
    private func scope(of caller: Caller) -> String {
        switch caller {
        case .partner(let id, _): "partner:\(id)"
        case .staff: "partner:agency"
        }
    }
}

/// `POST /v1/referrals/{referralID}/complete`: what is left out stays as it is.
struct CompletionBody: Decodable, Sendable {
    var callback: String?
    var languages: [String]?
    var peerGenderWish: String?
    var takesMedication: Bool?
    /// When somebody leaves prison or jail, or the court lets them go.
    var releaseOn: CivilDate?
    /// What is known stays; what was not is added.
    var person: PersonBody?

    var details: RequestDetails {
        RequestDetails(
            callback: callback, languages: languages, peerGenderWish: peerGenderWish,
            takesMedication: takesMedication, releaseOn: releaseOn)
    }

    func faults(today: CivilDate) -> [Fault] {
        guard details != RequestDetails() || person != nil else { return [Fault("", "say what is to be added")] }
        return person?.identity(scope: "").faults(today: today) ?? []
    }
}
