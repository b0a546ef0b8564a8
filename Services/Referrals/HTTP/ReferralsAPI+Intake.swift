internal import Confidentiality
internal import Hummingbird
internal import JSON
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

extension ReferralsAPI {
    func addIntake(to routes: inout Routes) {
        routes.add(
            Route(
                .post, "/v1/referrals", "createReferral", "Refer somebody", access: .officeAndPartners,
                discloses: [.presence, .referral], idempotency: .supported, bodyLimit: 64 * 1024
            ),
            createReferral
        )
    }

    /// A referral is accepted as it arrives where the partner's policy says so, and always from an emergency.
    func createReferral(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try Caller(context.principal)
        let body = try await request.decode(ReferralBody.self, context: context)
        let now = clock.now()
        try Faults.check(body.faults(today: now.dateInUTC))
        let newID = store.ids.new(ReferralID.self)
        let intake = try intake(body, as: newID, from: caller, at: now)
        return try await inWork(context) { work in
            // The sender's own number comes before the key of the request: it is the same referral, whatever the key.
            let findings = try await store.findings(about: intake, in: work)
            var taken = try await store.known(intake, findings, in: work)
            let id = taken?.stored.referral.referralID ?? newID
            return try await work.tx.once(context, resource: id.rawValue) {
                if taken == nil { taken = try await store.takeIn(intake, findings, in: work) }
            } answer: { made in
                // A repetition is answered with what the first request made, as it is now.
                let id = ReferralID(rawValue: made)
                if taken?.stored.referral.referralID != id { taken = try await store.taken(id, in: work) }
                guard let taken else { throw StoreError(.notFound) }
                return try await answer(taken, to: caller, as: .create, context, work)
            }
        }
    }

    private func intake(_ body: ReferralBody, as id: ReferralID, from caller: Caller, at now: Instant) throws -> Intake
    {
        let (partnerID, client): (PartnerID?, String)
        switch caller {
        case .partner(let id, let clientID):
            guard body.partnerID == nil else {
                throw Faults([Fault("/partnerID", "only the agency's own people name the organisation")])
            }
            (partnerID, client) = (id, clientID)
        case .staff: (partnerID, client) = (body.partnerID, "agency")
        }
        var isPartner = false
        if case .partner = caller { isPartner = true }
        var intake = Intake(
            request: body.request, partnerID: partnerID, clientID: client, placerIdentifier: body.placerIdentifier,
            referralID: id, subject: caller.actor.subject
        )
        intake.person = body.person?.identity(scope: "partner:\(partnerID?.description ?? "agency")") ?? intake.person
        if let consent = body.consent {
            intake.consents = [
                try consent.draft(sender: partnerID, ownOnly: isPartner, now: now, at: "/consent")
            ]
        }
        return intake
    }

    /// The referral as this caller may see it, with the audit row that says so.
    func answer(
        _ taken: TakenIn, to caller: Caller, as action: AuditRecord.Action, _ context: APIContext, _ work: Work
    ) async throws -> Response {
        let participantID = taken.stored.referral.participantID
        let status: HTTPResponse.Status = action == .create ? .created : .ok
        switch caller {
        case .staff:
            let permit = try await context.permit(about: participantID, as: .agency, in: work.tx, at: work.now)
            let view = ReferralView(taken.stored.referral)
            try work.tx.audit(AuditRecord(action, under: permit, participantIDs: [participantID]), context)
            return .referral(view, view.referralID.description, status: status, version: view.version)
        case .partner:
            let view = try SentReferralView(taken)
            try store.record(taken, told: action, context, in: work)
            return .referral(view, view.referralID, status: status, version: view.version)
        }
    }
}

extension Response {
    fileprivate static func referral(
        _ view: some JSONWritable, _ id: String, status: HTTPResponse.Status, version: Int
    ) -> Response {
        status == .created ? .created(view, at: "/v1/referrals/\(id)", etag: version) : .ok(view, etag: version)
    }
}
