internal import Confidentiality
internal import Hummingbird
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

// Two participants who turned out to be one person, and who turned out to be two again.
extension ReferralsAPI {
    func addMerges(to routes: inout Routes) {
        routes.add(
            Route(
                .post, "/v1/participants/{participantID}/merge", "mergeParticipant",
                "Say that a participant is the same person as another one, who remains", access: .office,
                discloses: [.presence], bodyLimit: 1024), mergeParticipant)
        routes.add(
            Route(
                .post, "/v1/participants/{participantID}/unmerge", "unmergeParticipant",
                "Say that a participant who was merged is somebody else after all", access: .office,
                discloses: [.presence]), unmergeParticipant)
        routes.add(
            Route(
                .get, "/v1/participants/{participantID}/merges", "listMerges",
                "Who was merged with this person, by whom, and from when to when",
                access: .roles(.coordinator, .supervisor, .privacyOfficer), discloses: [.presence]), listMerges)
    }

    /// Whoever is withheld from the caller is not shown beside another.
    func listMerges(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("participantID", as: ParticipantID.self)
        return try await inWork(context) { work in
            guard let person = try await store.person(id, in: work) else { throw StoreError(.notFound) }
            let merges = try await store.merges(of: person.ids, in: work)
            let permits = try await context.permits(
                listing: [id] + merges.flatMap { [$0.participantID, $0.intoID] }, as: .agency, in: work.tx,
                at: work.now)
            guard permits[id] != nil else {
                throw Problem.notFound.denying(Denial(.restriction, participantIDs: [id]))
            }
            try work.tx.audit(AuditRecord(listing: permits), context)
            let shown = merges.filter { permits[$0.participantID] != nil && permits[$0.intoID] != nil }
            return try .ok(Page(items: shown.map(MergeView.init), next: nil))
        }
    }

    /// Merged twice is merged once.
    func mergeParticipant(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("participantID", as: ParticipantID.self)
        let version = try request.ifMatch
        let subject = try context.principal.subject
        let body = try await request.decode(MergeBody.self, context: context)
        return try await inWork(context) { work in
            let person = try await store.merge(id, into: body.intoID, expecting: version, by: subject, in: work)
            try await recordMerging(of: Set(person.ids.all), context, work)
            return try .ok(MergedView(person), etag: person.version)
        }
    }

    /// Unmerged twice is unmerged once.
    func unmergeParticipant(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("participantID", as: ParticipantID.self)
        let version = try request.ifMatch
        let subject = try context.principal.subject
        return try await inWork(context) { work in
            let before = try await store.person(id, in: work)?.ids.all ?? []
            let person = try await store.unmerge(id, expecting: version, by: subject, in: work)
            try await recordMerging(of: Set(before + person.ids.all), context, work)
            return try .ok(MergedView(person), etag: person.version)
        }
    }

    /// Asks about each of whom a decision concerned, and puts it on record under all of their ids.
    ///
    /// - Throws: 404 where one of them is withheld from the caller; nothing is decided then.
    func recordMerging(of people: Set<ParticipantID>, _ context: APIContext, _ work: Work) async throws {
        let ids = people.sorted()
        let permits = try await context.permits(listing: ids, as: .agency, in: work.tx, at: work.now)
        guard permits.count == ids.count, let permit = permits[ids[0]] else {
            throw Problem.notFound.denying(Denial(.restriction, participantIDs: ids))
        }
        try work.tx.audit(AuditRecord(.update, under: permit, participantIDs: ids), context)
    }
}

/// `POST …/merge`.
struct MergeBody: Decodable, Sendable {
    /// Who remains.
    var intoID: ParticipantID
}

/// One time that a participant was merged into another one: what came to the person in between is kept under `intoID`.
struct MergeView: Encodable {
    let participantID: ParticipantID
    let intoID: ParticipantID
    let reviewID: IdentityReviewID?
    let mergedAt: Instant
    let mergedBy: String
    let unmergedAt: Instant?
    let unmergedBy: String?
    let version: Int

    init(_ merge: StoredMerge) {
        (participantID, intoID, reviewID) = (merge.participantID, merge.intoID, merge.reviewID)
        (mergedAt, mergedBy) = (merge.mergedAt, merge.mergedBy)
        (unmergedAt, unmergedBy) = (merge.unmergedAt, merge.unmergedBy)
        version = merge.version
    }
}

/// A person after a merge was decided.
struct MergedView: Encodable {
    /// Who remains.
    let participantID: ParticipantID
    /// All ids of the person.
    let participantIDs: [ParticipantID]
    let version: Int

    init(_ person: StoredPerson) {
        participantID = person.ids.remaining
        participantIDs = person.ids.all.sorted()
        version = person.version
    }
}
