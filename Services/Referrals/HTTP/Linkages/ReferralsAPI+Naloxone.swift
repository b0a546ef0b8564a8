internal import Confidentiality
internal import Hummingbird
internal import Models
internal import ReferralsDomain
internal import ServiceKit

// Naloxone that was handed out, and given. Nobody needs to be named.
extension ReferralsAPI {
    func addNaloxone(to routes: inout Routes) {
        let discloses: Set<DataClass> = [.presence, .medication]
        routes.add(
            Route(
                .get, "/v1/naloxone/kits", "listNaloxoneKits", "Naloxone that was handed out", access: .office,
                discloses: discloses), listNaloxoneKits)
        routes.add(
            Route(
                .post, "/v1/naloxone/kits", "recordNaloxoneKit", "Naloxone was handed out", access: .support,
                discloses: discloses, idempotency: .supported, bodyLimit: 4 * 1024), recordNaloxoneKit)
        routes.add(
            Route(
                .get, "/v1/naloxone/reversals", "listReversals", "Overdoses that were reversed", access: .office,
                discloses: discloses), listReversals)
        routes.add(
            Route(
                .post, "/v1/naloxone/reversals", "recordReversal", "Naloxone was given to somebody", access: .support,
                discloses: discloses, idempotency: .supported, bodyLimit: 4 * 1024), recordReversal)
    }

    func recordNaloxoneKit(_ request: Request, _ context: APIContext) async throws -> Response {
        let kit = try await request.decode(NaloxoneKitBody.self, context: context).kit(as: store.timelessID())
        let subject = try context.principal.subject
        return try await inWork(context) { work in
            try Faults.check(kit.faults(store.linkages, today: try await store.today(in: work)))
            let (person, record) = try await record(about: kit.participantID, context, work)
            return try await work.tx.once(context, resource: kit.kitID.rawValue, recording: record) {
                try store.insert(kit, of: person, by: subject, in: work)
            } answer: { made in
                guard let kit = try await store.naloxoneKit(NaloxoneKitID(rawValue: made), in: work) else {
                    throw StoreError(.notFound)
                }
                return try .created(NaloxoneKitView(kit), at: "/v1/naloxone/kits")
            }
        }
    }

    func recordReversal(_ request: Request, _ context: APIContext) async throws -> Response {
        let reversal = try await request.decode(ReversalBody.self, context: context).reversal(as: store.timelessID())
        let subject = try context.principal.subject
        return try await inWork(context) { work in
            try Faults.check(reversal.faults(store.linkages, today: try await store.today(in: work)))
            let (person, record) = try await record(about: reversal.participantID, context, work)
            return try await work.tx.once(context, resource: reversal.reversalID.rawValue, recording: record) {
                try store.insert(reversal, of: person, by: subject, in: work)
            } answer: { made in
                guard let reversal = try await store.reversal(ReversalID(rawValue: made), in: work) else {
                    throw StoreError(.notFound)
                }
                return try .created(ReversalView(reversal), at: "/v1/naloxone/reversals")
            }
        }
    }

    func listNaloxoneKits(_ request: Request, _ context: APIContext) async throws -> Response {
        let page = try request.page()
        let before = try page.cursor.map { cursor throws(Problem) in
            (try cursor.value(0, as: CivilDate.self), try cursor.value(1, as: NaloxoneKitID.self))
        }
        return try await inWork(context) { work in
            let found = try await store.naloxoneKits(before: before, atMost: page.limit + 1, in: work)
            let all = Page(found, limit: page.limit) { [$0.givenOn.description, $0.kitID.description] }
            let shown = try await told(all.items, of: \.participantID, context, work)
            return try .ok(Page(items: shown.map(NaloxoneKitView.init), next: all.next))
        }
    }

    func listReversals(_ request: Request, _ context: APIContext) async throws -> Response {
        let page = try request.page()
        let before = try page.cursor.map { cursor throws(Problem) in
            (try cursor.value(0, as: CivilDate.self), try cursor.value(1, as: ReversalID.self))
        }
        return try await inWork(context) { work in
            let found = try await store.reversals(before: before, atMost: page.limit + 1, in: work)
            let all = Page(found, limit: page.limit) { [$0.happenedOn.description, $0.reversalID.description] }
            let shown = try await told(all.items, of: \.participantID, context, work)
            return try .ok(Page(items: shown.map(ReversalView.init), next: all.next))
        }
    }

    /// Whom something is about, locked, where it is about somebody; and its audit row.
    ///
    /// - Throws: 404 for a participant of whom the caller may not be told.
    private func record(
        about id: ParticipantID?, _ context: APIContext, _ work: Work
    ) async throws -> (StoredPerson?, AuditRecord) {
        guard let id else { return (nil, AuditRecord(.create, under: try context.permit(classes: []))) }
        let (person, permit) = try await person(id, for: .medication, locked: true, context, work)
        return (person, AuditRecord(.create, under: permit, participantIDs: person.ids.all))
    }

    /// What names nobody, and what names those of whom the caller may be told, on record.
    private func told<Item>(
        _ items: [Item], of participant: (Item) -> ParticipantID?, _ context: APIContext, _ work: Work
    ) async throws -> [Item] {
        let permits = try await context.permits(
            listing: items.compactMap(participant), as: .agency, in: work.tx, at: work.now
        ).filter { $0.value.allows(.medication) }
        try work.tx.audit(AuditRecord(listing: permits, under: try context.permit()), context)
        return items.filter { item in participant(item).map { permits[$0] != nil } ?? true }
    }
}

/// `POST …/kits`.
struct NaloxoneKitBody: Decodable, Sendable {
    var givenOn: CivilDate
    var recipient: NaloxoneKit.Recipient
    var participantID: ParticipantID?
    var product: String
    var lot: String?
    var expiresOn: CivilDate?
    /// 1 where it is left out.
    var count: Int?
    /// What was shown; nothing where it is left out.
    var training: [String]?
    var refill: String

    func kit(as id: NaloxoneKitID) -> NaloxoneKit {
        NaloxoneKit(
            kitID: id, givenOn: givenOn, recipient: recipient, participantID: participantID, product: product,
            lot: lot, expiresOn: expiresOn, count: count ?? 1, training: training ?? [], refill: refill)
    }
}

/// `POST …/reversals`.
struct ReversalBody: Decodable, Sendable {
    var happenedOn: CivilDate
    var participantID: ParticipantID?
    var place: String
    var doses: Int
    var givenBy: String
    var survived: Bool?
    var isEMSCalled: Bool?

    func reversal(as id: ReversalID) -> Reversal {
        Reversal(
            reversalID: id, happenedOn: happenedOn, participantID: participantID, place: place, doses: doses,
            givenBy: givenBy, survived: survived, isEMSCalled: isEMSCalled)
    }
}

/// Naloxone that was handed out, as it is shown.
struct NaloxoneKitView: Encodable {
    let kitID: NaloxoneKitID
    let givenOn: CivilDate
    let recipient: NaloxoneKit.Recipient
    let participantID: ParticipantID?
    let product: String
    let lot: String?
    let expiresOn: CivilDate?
    let count: Int
    let training: [String]
    let refill: String

    init(_ kit: NaloxoneKit) {
        (kitID, givenOn, recipient, participantID) = (kit.kitID, kit.givenOn, kit.recipient, kit.participantID)
        (product, lot, expiresOn, count) = (kit.product, kit.lot, kit.expiresOn, kit.count)
        (training, refill) = (kit.training, kit.refill)
    }
}

/// A reversal as it is shown.
struct ReversalView: Encodable {
    let reversalID: ReversalID
    let happenedOn: CivilDate
    let participantID: ParticipantID?
    let place: String
    let doses: Int
    let givenBy: String
    let survived: Bool?
    let isEMSCalled: Bool?

    init(_ reversal: Reversal) {
        (reversalID, happenedOn) = (reversal.reversalID, reversal.happenedOn)
        (participantID, place, doses) = (reversal.participantID, reversal.place, reversal.doses)
        (givenBy, survived, isEMSCalled) = (reversal.givenBy, reversal.survived, reversal.isEMSCalled)
    }
}
