internal import FoundationEssentials
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

/// What a partner may read and change of what it sent. Everything here takes the partner from the token: an id that is
/// not this partner's own stands for nothing.
extension Store {
    /// One referral under the id by which the partner knows it.
    ///
    /// - Parameter kind: whether the id is the referral's (ServiceRequest) or the task's.
    func sent(_ alias: UUID, _ kind: AliasKind, by partner: PartnerID, in work: Work) async throws -> TakenIn? {
        guard let id = try await resolve(alias, kind, of: partner, as: ReferralID.self, in: work),
            let stored = try await referral(id, in: work), stored.referral.partnerID == partner
        else { return nil }
        let telling = try await telling(of: stored.referral.participantID, in: work)
        return try await answer(stored, telling, wasKnown: true, in: work)
    }

    /// One referral of the partner under our own id, which no partner ever sees.
    func sent(_ id: ReferralID, by partner: PartnerID, in work: Work) async throws -> TakenIn? {
        guard let stored = try await referral(id, in: work), stored.referral.partnerID == partner else { return nil }
        let telling = try await telling(of: stored.referral.participantID, in: work)
        return try await answer(stored, telling, wasKnown: true, in: work)
    }

    /// Several under the ids by which the partner knows them, in the order in which they were last shown something new.
    func sent(
        _ aliases: [UUID], _ kind: AliasKind, by partner: PartnerID, in work: Work
    ) async throws -> [TakenIn] {
        guard !aliases.isEmpty else { return [] }
        let rows = try await work.tx.query(.resolveAliases, work.agencyID, partner, kind, aliases)
        let stored = try await load(try rows.map { try $0.decode(ReferralID.self) }, in: work)
            .filter { $0.referral.partnerID == partner }.sorted { $0.shownPosition < $1.shownPosition }
        return try await answers(stored, to: partner, in: work)
    }

    /// A page of what the partner sent, in the order in which it was last shown something new.
    ///
    /// The statuses are those that were shown. What a consent no longer covers is left out, so a page can be shorter
    /// than asked for while there are more.
    func sent(
        by partner: PartnerID, statuses: [ReferralStatus]? = nil, after position: ShownPosition, limit: Int,
        in work: Work
    ) async throws -> SentPage {
        let rows =
            if let statuses {
                try await work.tx.query(
                    .listShownByStatus, work.agencyID, partner, statuses.map(\.rawValue), position.at,
                    position.referralID, limit + 1
                )
            } else {
                try await work.tx.query(
                    .listShown, work.agencyID, partner, position.at, position.referralID, limit + 1
                )
            }
        let all = try await load(try rows.map { try $0.decode(ReferralID.self) }, in: work).sorted {
            $0.shownPosition < $1.shownPosition
        }
        let stored = Array(all.prefix(limit))
        let items = try await answers(stored, to: partner, in: work)
        return SentPage(
            items: items.filter { statuses?.contains($0.view.status) ?? true }, last: items.last,
            next: all.count > limit ? stored.last?.shownPosition : nil
        )
    }

    /// What the partner is answered about each of its referrals, with one round trip for all.
    func answers(
        _ stored: [StoredReferral], to partner: PartnerID, in work: Work
    ) async throws -> [TakenIn] {
        let ids = try await senderIDs(
            of: stored.map { ($0.referral.referralID, $0.knownAs) }, for: partner, in: work
        )
        let participants = Set(stored.map(\.referral.participantID)).sorted()
        let tellings = participants.isEmpty ? [:] : try await telling(of: participants, in: work)
        return stored.map { stored -> TakenIn in
            let telling = tellings[stored.referral.participantID]
            let permit = telling.flatMap { self.permit(for: stored.referral, under: $0, at: work.now) }
            return TakenIn(
                stored: stored, wasKnown: true, view: SenderView(of: stored.referral, under: permit), permit: permit,
                senderIDs: ids[stored.referral.referralID], consentIDs: []
            )
        }
    }

    /// Keeps the Task that the sender of an order sent after it: from now on it is what the sender reads, with what we
    /// have to say merged in, as a version of its own. The participant is locked.
    func keepTask(
        _ content: [UInt8], of taken: TakenIn, by participant: StoredParticipant, in work: Work
    ) async throws -> TakenIn {
        let stored = taken.stored
        let id = stored.referral.referralID
        try await keep(
            [ReceivedResource(kind: "Task", role: .task, content: content)], of: stored.referral, by: participant,
            ids: taken.senderIDs, with: participant.dataKey, in: work)
        var shown = stored.shown
        (shown.version, shown.at) = (shown.version + 1, work.now)
        try await work.tx.execute(
            .updateShown, work.agencyID, id, shown.version, shown.status, shown.business, shown.at)
        try recordShown(shown, taken.view, of: stored.referral, with: participant.dataKey, in: work)
        guard let partner = stored.referral.partnerID, let kept = try await sent(id, by: partner, in: work) else {
            throw StoreError(.notFound)
        }
        return kept
    }

    /// Keeps the order as its sender has made it since: as a version of its own. The participant is locked.
    func keepOrder(_ content: [UInt8], of taken: TakenIn, in work: Work) async throws {
        let referral = taken.stored.referral
        guard let participant = try await participant(referral.participantID, in: work) else {
            throw StoreError(.notFound)
        }
        try await keep(
            [ReceivedResource(kind: "ServiceRequest", role: .referral, content: content)], of: referral,
            by: participant, ids: taken.senderIDs, with: participant.dataKey, in: work)
    }

    /// Changes a referral as its sender: takes it back, corrects it, or finishes a draft, which then is accepted where the
    /// policy says so, like one that is sent at once.
    ///
    /// - Parameter version: the version that the sender was shown; nil takes any.
    /// - Throws: ``StoreError`` `notFound` for what is not this partner's, `stale`; ``Referral/Refusal``.
    func changeSent(
        _ alias: UUID, _ kind: AliasKind, by partner: PartnerID, expecting version: Int?, in work: Work,
        _ body: (inout Case, ReferralID) throws -> Void
    ) async throws -> TakenIn {
        guard let id = try await resolve(alias, kind, of: partner, as: ReferralID.self, in: work) else {
            throw StoreError(.notFound)
        }
        let policy = try await self.partner(partner, in: work)?.intakePolicy ?? .review
        let stored = try await change(
            id, in: work,
            check: { stored in
                guard stored.referral.partnerID == partner else { throw StoreError(.notFound) }
                if let version, version != stored.shown.version { throw StoreError(.stale) }
            },
            { current, open in
                let wasDraft = current[id]?.status == .draft
                try body(&current, id)
                guard wasDraft, let sent = current[id], sent.status == .requested, policy.accepts(sent.request) else {
                    return
                }
                try current.accept(id, joining: open, by: .intakePolicy, at: work.now)
            }
        )
        let telling = try await telling(of: stored.referral.participantID, in: work)
        return try await answer(stored, telling, wasKnown: true, in: work)
    }
}

/// Some of what a partner sent.
struct SentPage: Sendable {
    let items: [TakenIn]
    /// The last that was looked at, also where it was left out.
    let last: TakenIn?
    /// Where the next page begins; nil on the last one.
    let next: ShownPosition?
}

extension StoredReferral {
    var shownPosition: ShownPosition { ShownPosition(at: shown.at, referralID: referral.referralID) }
}

/// Where a page of ``Store/sent(by:statuses:after:limit:in:)`` ended.
struct ShownPosition: Hashable, Comparable, Sendable {
    var at: Instant
    var referralID: ReferralID

    static func < (left: ShownPosition, right: ShownPosition) -> Bool {
        (left.at, left.referralID) < (right.at, right.referralID)
    }

    /// Before everything.
    static let start = ShownPosition(at: Instant(microseconds: 0), referralID: .first)

    /// Everything that was shown at this instant or later: FHIR's `_lastUpdated=ge…`.
    static func since(_ instant: Instant) -> ShownPosition { ShownPosition(at: instant, referralID: .first) }
}
