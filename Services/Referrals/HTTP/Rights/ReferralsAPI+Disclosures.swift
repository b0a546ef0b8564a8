internal import Confidentiality
internal import FoundationEssentials
internal import Hummingbird
internal import Models
internal import ReferralsDomain
internal import ServiceKit

// The accounting of disclosures: what was told of a person to others, for the person (42 CFR 2.25, 45 CFR 164.528).
extension ReferralsAPI {
    /// How far back a participant may ask (42 CFR 2.25(a)).
    static let accountingReaches = Duration.seconds(3 * 366 * 86_400)

    func addDisclosures(to routes: inout Routes) {
        let path = "/v1/participants/{participantID}/disclosures"
        routes.add(
            Route(
                .get, path, "listDisclosures", "What was told of a participant to others, the oldest first",
                access: .rights, discloses: [.presence]), listDisclosures)
        routes.add(
            Route(
                .get, "\(path)/page", "printDisclosures", "The accounting of disclosures of three years, for printing",
                access: .rights, discloses: [.presence, .identity]), printDisclosures)
        routes.add(
            Route(
                .post, path, "enterDisclosure",
                "Enter a disclosure that a person made: by letter, by telephone, on an order of a court",
                access: .roles(.privacyOfficer), discloses: [.presence], idempotency: .supported,
                bodyLimit: 16 * 1024), enterDisclosure)
    }

    func listDisclosures(_ request: Request, _ context: APIContext) async throws -> Response {
        let page = try request.page()
        let since = try request.query("since", as: Instant.self)
        // An exchange's list of those to whom it passed on is asked of the exchange; here, what went to exchanges.
        let onlyExchanges = try request.query("recipients", as: ExchangesOnly.self) != nil
        let start = try page.cursor.map { cursor throws(Problem) in
            (try cursor.value(0, as: Instant.self), try cursor.value(1, as: DisclosureID.self))
        }
        return try await withParticipant(context) { person, permit, work in
            let rows = try await store.disclosures(
                of: person.ids, since: since ?? work.now - Self.accountingReaches,
                after: start ?? (Instant(microseconds: 0), .first), limit: page.limit + 1, in: work)
            try record(.read, permit, person, context, work)
            var shown = Page(rows.map(DisclosureView.init), limit: page.limit) {
                [$0.at.description, $0.disclosureID.description]
            }
            if onlyExchanges { shown.items.removeAll { $0.recipientKind != Partner.Kind.exchange.rawValue } }
            return try .ok(shown)
        }
    }

    func printDisclosures(_ request: Request, _ context: APIContext) async throws -> Response {
        try await withParticipant(context) { person, permit, work in
            let since = work.now - Self.accountingReaches
            var rows: [StoredDisclosure] = []
            var position = (Instant(microseconds: 0), DisclosureID.first)
            repeat {
                let more = try await store.disclosures(
                    of: person.ids, since: since, after: position, limit: 500, in: work)
                rows += more
                if more.count < 500 { break }
                if let last = more.last { position = (last.at, last.disclosureID) }
            } while true
            let agency = try await store.agency(in: work)
            try record(.read, permit, person, context, work)
            return try PrintedPage.disclosures(
                rows.map(DisclosureView.init), of: ParticipantView(person, within: permit), agency: agency.name,
                since: since, at: work.now)
        }
    }

    func enterDisclosure(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await request.decode(DisclosureBody.self, context: context)
        let (subject, requestID) = (try context.principal.subject, context.requestID)
        let entered = try body.checked(now: clock.now())
        return try await withParticipant(context) { person, permit, work in
            if let id = entered.partnerID, try await store.partner(id, in: work) == nil {
                throw StoreError(.noSuchPartner)
            }
            if let id = entered.consentID {
                let consents = try await store.consents(of: person.ids, in: work)
                guard consents.contains(where: { $0.consentID == id }) else {
                    throw Faults([Fault("/consentID", "a consent of this participant")])
                }
            }
            let id = store.ids.new(DisclosureID.self)
            let record = AuditRecord(.create, under: permit, participantIDs: person.ids.all)
            return try await work.tx.once(context, resource: id.rawValue, recording: record) {
                store.enter(
                    entered, as: id, about: person.ids.remaining, by: subject, requestID: requestID, in: work)
            } answer: { made in
                try .created(
                    ["disclosureID": DisclosureID(rawValue: made)],
                    at: "/v1/participants/\(person.ids.remaining)/disclosures")
            }
        }
    }
}

/// `POST …/disclosures`.
struct DisclosureBody: Decodable, Sendable {
    var at: Instant
    var partnerID: PartnerID?
    /// Who received it, where it is no partner, or who there.
    var recipient: String?
    var classes: [DataClass]
    var purpose: PurposeOfUse
    var basis: EnteredDisclosure.Basis
    var consentID: ConsentID?

    func checked(now: Instant) throws(Faults) -> EnteredDisclosure {
        var found: [Fault] = []
        if at > now { found.append(Fault("/at", "not in the future")) }
        if classes.isEmpty { found.append(Fault("/classes", "say what was told")) }
        if partnerID == nil, recipient == nil { found.append(Fault("/recipient", "say who received it")) }
        if let recipient, !(1...300).contains(recipient.count) {
            found.append(Fault("/recipient", "1 to 300 characters"))
        }
        if (basis == .consent) != (consentID != nil) {
            found.append(Fault("/consentID", "where it rested on a consent, and only there"))
        }
        try Faults.check(found)
        return EnteredDisclosure(
            at: at, partnerID: partnerID, recipient: recipient, classes: Set(classes), purpose: purpose, basis: basis,
            consentID: consentID)
    }
}

/// One disclosure, as the participant reads it.
struct DisclosureView: Encodable {
    let disclosureID: DisclosureID
    let at: Instant
    let disclosedBy: String
    /// The organisation, and of what kind it is.
    let organisation: String?
    let recipientKind: String?
    /// Who there, or who else.
    let recipient: String?
    let classes: [String]
    let purpose: String
    let basis: String
    let consentID: ConsentID?
    let emergencyID: EmergencyID?
    let noticeVersion: String?

    init(_ stored: StoredDisclosure) {
        disclosureID = stored.disclosureID
        at = stored.at
        disclosedBy = stored.disclosedBy
        organisation = stored.partnerName
        recipientKind = stored.partnerKind?.rawValue
        recipient = stored.recipient
        classes = stored.dataClasses
        purpose = stored.purpose
        basis = stored.basis
        consentID = stored.consentID
        emergencyID = stored.emergencyID
        noticeVersion = stored.noticeVersion
    }
}

/// `recipients=exchanges`.
struct ExchangesOnly: LosslessStringConvertible {
    init?(_ description: String) {
        guard description == "exchanges" else { return nil }
    }

    var description: String { "exchanges" }
}
