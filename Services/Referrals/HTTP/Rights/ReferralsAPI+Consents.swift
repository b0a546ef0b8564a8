internal import Confidentiality
internal import Hummingbird
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

// Consents: on paper, recorded by the office, or electronic, by the participant. Revoked by either, from now on.
extension ReferralsAPI {
    func addConsents(to routes: inout Routes) {
        let path = "/v1/participants/{participantID}/consents"
        routes.add(
            Route(.get, path, "listConsents", "A participant's consents", access: .rights, discloses: [.presence]),
            listConsents)
        routes.add(
            Route(
                .post, path, "recordConsent", "Record a consent; a participant signs electronically", access: .rights,
                discloses: [.presence], idempotency: .supported, bodyLimit: 16 * 1024), recordConsent)
        routes.add(
            Route(
                .post, "\(path)/{consentID}/revoke", "revokeConsent",
                "Revoke a consent: nothing is disclosed under it any more", access: .rights, discloses: [.presence],
                bodyLimit: 1024), revokeConsent)
        routes.add(
            Route(
                .post, "\(path)/{consentID}/expire", "expireConsent",
                "Say that the event on which a consent expires has happened", access: .rights,
                discloses: [.presence]), expireConsent)
    }

    func listConsents(_ request: Request, _ context: APIContext) async throws -> Response {
        try await withParticipant(context) { person, permit, work in
            let all = try await store.consents(of: person.ids, in: work)
            try record(.read, permit, person, context, work)
            return try .ok(Page(items: all.map { ConsentView($0, at: work.now) }, next: nil))
        }
    }

    func recordConsent(_ request: Request, _ context: APIContext) async throws -> Response {
        let principal = try context.principal
        let body = try await request.decode(ConsentBody.self, context: context)
        if principal.role == .participant { try body.checkSignedByParticipant() }
        let draft = try body.draft(sender: nil, ownOnly: false, now: clock.now(), at: "")
        let consentID = store.ids.new(ConsentID.self)
        return try await withParticipant(context, locked: true) { person, permit, work in
            let consent = draft.consent(consentID, person.ids.remaining)
            let record = AuditRecord(.create, under: permit, participantIDs: person.ids.all)
            return try await work.tx.once(context, resource: consentID.rawValue, recording: record) {
                try await store.record(consent, of: person, by: principal.subject, in: work)
            } answer: { recorded in
                let consents = try await store.consents(of: person.ids, in: work)
                guard let found = consents.first(where: { $0.consentID.rawValue == recorded }) else {
                    throw StoreError(.notFound)
                }
                return try .created(
                    ConsentView(found, at: work.now),
                    at: "/v1/participants/\(found.participantID)/consents/\(found.consentID)", etag: found.version)
            }
        }
    }

    /// Revoking twice is revoking once.
    func revokeConsent(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("consentID", as: ConsentID.self)
        let principal = try context.principal
        var method = principal.role == .participant ? Consent.Revocation.Method.electronic : .written
        if context.body.readableBytes > 0 {
            method = try await request.decode(RevocationBody.self, context: context).method ?? method
        }
        return try await withParticipant(context, locked: true) { [method] person, permit, work in
            let consent = try await store.revoke(id, of: person, method, by: principal.subject, in: work)
            try record(.update, permit, person, context, work)
            return try .ok(ConsentView(consent, at: work.now), etag: consent.version)
        }
    }

    /// Said twice, the first counts.
    func expireConsent(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("consentID", as: ConsentID.self)
        return try await withParticipant(context, locked: true) { person, permit, work in
            let consent = try await store.expire(id, of: person, in: work)
            try record(.update, permit, person, context, work)
            return try .ok(ConsentView(consent, at: work.now), etag: consent.version)
        }
    }
}

/// `POST …/consents/{consentID}/revoke`; may be absent.
struct RevocationBody: Decodable, Sendable {
    /// How the person took it back.
    var method: Consent.Revocation.Method?
}

extension ConsentBody {
    /// A participant signs for themself, electronically, and a text that can be found again.
    ///
    /// - Throws: ``Faults``.
    func checkSignedByParticipant() throws(Faults) {
        var found: [Fault] = []
        if signedBy != .participant { found.append(Fault("/signedBy", "participant")) }
        if signatureMethod != .electronic { found.append(Fault("/signatureMethod", "electronic")) }
        if textVersion == nil { found.append(Fault("/textVersion", "which text was signed")) }
        try Faults.check(found)
    }
}
