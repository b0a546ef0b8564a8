internal import Confidentiality
internal import Hummingbird
internal import Models
internal import ReferralsDomain
internal import ServiceKit

// A participant's own record, as far as it is kept here: who they are, their referrals, consents, restrictions, amendments,
// what was seen at the bedside, what they needed and were linked to, naloxone.
// Plans and appointments are in `scheduling`, the timeline and assessments in `outcomes`, each with routes of its own.
extension ReferralsAPI {
    func addOwnRecord(to routes: inout Routes) {
        let discloses: Set<DataClass> = [.presence, .identity, .referral, .medication, .justice, .location]
        routes.add(
            Route(
                .get, "/v1/participants/{participantID}/record", "readRecord", "What is kept of a participant here",
                access: .roles(.participant, .coordinator, .supervisor), discloses: discloses), readRecord)
        routes.add(
            Route(
                .get, "/v1/participants/{participantID}/record/page", "printRecord",
                "What is kept of a participant here, for printing",
                access: .roles(.participant, .coordinator, .supervisor), discloses: discloses), printRecord)
        routes.add(
            Route(
                .get, "/v1/privacy-notice", "readPrivacyNotice",
                "The notice of privacy practices that applies now (42 CFR 2.22, 45 CFR 164.520)", access: .anyone,
                discloses: [])
        ) { _, context in
            try await inWork(context) { work in
                let agency = try await store.agency(in: work)
                try work.tx.audit(AuditRecord(.read, under: try context.permit()), context)
                return try .ok(PrivacyNoticeView(agency: agency.name))
            }
        }
        routes.add(
            Route(
                .post, "/v1/participants/{participantID}/privacy-notices", "recordPrivacyNotice",
                "Record that a participant was given the notice of privacy practices", access: .rights,
                discloses: [.presence]), recordPrivacyNotice)
    }

    func addErasure(to routes: inout Routes) {
        routes.add(
            Route(
                .post, "/v1/participants/{participantID}/erase", "eraseParticipant",
                "Erase who a participant is, where no law says to keep it: their key is thrown away, what is counted stays",
                access: .roles(.privacyOfficer), discloses: [.presence], bodyLimit: 1024)
        ) { request, context in
            let version = try request.ifMatch
            let subject = try context.principal.subject
            return try await withParticipant(context, locked: true) { person, permit, work in
                guard person.version == version || person.isErased else { throw StoreError(.stale) }
                try await store.erase(person, by: subject, in: work)
                try record(.delete, permit, person, context, work)
                return .noContent
            }
        }
    }

    func readRecord(_ request: Request, _ context: APIContext) async throws -> Response {
        try await withParticipant(context) { person, permit, work in
            let view = try await ownRecord(of: person, within: permit, work)
            try record(.read, permit, person, context, work)
            return try .ok(view, etag: person.version)
        }
    }

    func printRecord(_ request: Request, _ context: APIContext) async throws -> Response {
        try await withParticipant(context) { person, permit, work in
            let view = try await ownRecord(of: person, within: permit, work)
            let agency = try await store.agency(in: work)
            let names = try await organisations(in: view, work)
            try record(.read, permit, person, context, work)
            return try PrintedPage.record(
                view, names: names, catalogue: store.linkages, bedside: store.bedside, agency: agency.name,
                at: work.now)
        }
    }

    /// The names of the organisations that a record names by their ids: nobody at home knows an id.
    private func organisations(in view: OwnRecordView, _ work: Work) async throws -> [PartnerID: String] {
        let named = Set(
            view.consents.compactMap(\.recipient.partnerID)
                + view.restrictions.compactMap { $0.recipient.value.flatMap { PartnerID($0) } })
        var names: [PartnerID: String] = [:]
        for id in named { names[id] = try await store.partner(id, in: work)?.name }
        return names
    }

    private func ownRecord(
        of person: StoredPerson, within permit: Permit, _ work: Work
    ) async throws -> OwnRecordView {
        let referrals = try await store.referrals(of: person.ids, in: work).map(\.referral)
        let needs = try await store.needs(of: person.ids, before: nil, atMost: Self.mostOfRecord, in: work)
        let linkages = try await store.linkages(of: person.ids, before: nil, atMost: Self.mostOfRecord, in: work)
        let coverages = try await store.coverages(of: person.ids, in: work)
        let spendings = try await store.spendings(of: person.ids, before: nil, atMost: Self.mostOfRecord, in: work)
        let reach = permit.allows(.identity) ? try await store.reachPlan(of: person, in: work) : nil
        return OwnRecordView(
            participant: ParticipantView(person, within: permit),
            referrals: permit.allows(.referral) ? referrals.map { OwnReferralView($0, within: permit) } : [],
            bedside: permit.allows(.referral)
                ? try await store.bedsideVisits(of: referrals, in: work)
                    .map { BedsideView($0, within: permit, store.bedside) } : [],
            reach: reach.map { ReachView($0, of: person, within: permit, store.bedside) },
            consents: try await store.consents(of: person.ids, in: work).map { ConsentView($0, at: work.now) },
            restrictions: try await store.restrictions(of: person, in: work).map(RestrictionView.init),
            amendments: try await store.amendments(of: person, in: work).map(AmendmentView.init),
            placements: permit.showsPlacements
                ? try await store.placements(of: person.ids, before: nil, atMost: 200, in: work).map(PlacementView.init)
                : [],
            needs: try needs.filter { permit.allows(store.linkages.dataClass(ofNeed: $0.need.kind)) }
                .map { try NeedView($0, of: person) },
            linkages: try linkages.filter { permit.allows(store.linkages.dataClass(ofService: $0.linkage.service)) }
                .map { try LinkageView($0, of: person, within: permit, store.linkages) },
            coverages: permit.allows(.referral) ? coverages.map(CoverageView.init) : [],
            spendings: spendings.filter { permit.allows(store.linkages.dataClass(ofSpending: $0.kind)) }
                .map(SpendingView.init),
            naloxoneKits: permit.allows(.medication)
                ? try await store.naloxoneKits(of: person.ids, atMost: Self.mostOfRecord, in: work)
                    .map(NaloxoneKitView.init) : [],
            reversals: permit.allows(.medication)
                ? try await store.reversals(of: person.ids, atMost: Self.mostOfRecord, in: work)
                    .map(ReversalView.init) : []
        )
    }

    /// More than a life has of one kind; what is beyond is read page by page.
    private static let mostOfRecord = 2000

    /// Given twice is given once.
    func recordPrivacyNotice(_ request: Request, _ context: APIContext) async throws -> Response {
        let subject = try context.principal.subject
        return try await withParticipant(context) { person, permit, work in
            try await store.recordNotice(
                PrivacyNoticeView.currentVersion, to: person.ids.remaining, by: subject, in: work)
            try record(.update, permit, person, context, work)
            return .noContent
        }
    }
}

/// What is kept of a participant here.
struct OwnRecordView: Encodable {
    let participant: ParticipantView
    let referrals: [OwnReferralView]
    /// What was seen at the bedside, and how they were eight weeks later.
    let bedside: [BedsideView]
    /// How they can be reached; absent where nobody wrote it down.
    let reach: ReachView?
    let consents: [ConsentView]
    let restrictions: [RestrictionView]
    let amendments: [AmendmentView]
    /// The latest 200 stays in recovery residences, and applications for them.
    let placements: [PlacementView]
    let needs: [NeedView]
    let linkages: [LinkageView]
    let coverages: [CoverageView]
    let spendings: [SpendingView]
    /// What they, or their family, were given.
    let naloxoneKits: [NaloxoneKitView]
    /// When they were given naloxone.
    let reversals: [ReversalView]
}

/// A referral in somebody's own record.
struct OwnReferralView: Encodable {
    let referralID: ReferralID
    let setting: Setting
    let programme: ProgrammeCode
    let status: ReferralStatus
    let statusReason: String?
    let closingReason: ClosingReason?
    let takesMedication: Bool?
    let receivedAt: Instant
    let closedAt: Instant?

    init(_ referral: Referral, within permit: Permit) {
        referralID = referral.referralID
        setting = referral.request.setting
        programme = referral.request.programme
        status = referral.status
        statusReason = referral.statusReason
        closingReason = referral.closingReason
        takesMedication = permit.allows(.medication) ? referral.request.takesMedication : nil
        receivedAt = referral.receivedAt
        closedAt = referral.closedAt
    }
}

/// The notice of privacy practices, in plain words.
struct PrivacyNoticeView: Encodable {
    /// The wording in force; which one somebody was given is recorded.
    static let currentVersion = "2026-02"

    let version: String
    let agency: String
    let paragraphs: [String]

    init(agency: String) {
        version = Self.currentVersion
        self.agency = agency
        paragraphs = PrivacyNotice.paragraphs
    }
}
