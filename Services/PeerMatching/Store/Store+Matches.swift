internal import FoundationEssentials
internal import MessageTable
internal import Models
internal import PeerMatchingDomain
internal import Postgres
internal import ServiceKit

extension Store {
    /// Opens a match unless the person has an open one; true when it was opened.
    func open(_ match: Match) async throws -> Bool {
        ParticipantMerges.hold(match.participantID, in: transaction, of: agencyID)
        return try await transaction.execute(
            MatchStatements.open, agencyID, match.id, match.participantID, match.kind, match.status,
            match.times.openedAt, JSONB(encoding: Need.Traits()), match.version) == 1
    }

    /// The person's open matches, locked in the order of their ids; several where each of two ids had one already when
    /// the two turned out to be one.
    func lockOpenMatches(of participant: ParticipantID) async throws -> [Match] {
        var matches: [Match] = []
        for row in try await transaction.query(MatchStatements.openOfParticipant, agencyID, participant) {
            matches.append(try await lock(row.column("match_id", as: MatchID.self)))
        }
        // One may have ended between the look and the lock.
        return matches.filter(\.status.isOpen)
    }

    /// - Throws: ``StoreError`` `unknownMatch`.
    func lock(_ id: MatchID) async throws -> Match {
        guard let row = try await transaction.query(MatchStatements.lock, agencyID, id).first else {
            throw StoreError(.unknownMatch)
        }
        return try await match(row)
    }

    /// - Throws: ``StoreError`` `unknownMatch`.
    func match(_ id: MatchID) async throws -> Match {
        guard let row = try await transaction.query(MatchStatements.find, agencyID, id).first else {
            throw StoreError(.unknownMatch)
        }
        return try await match(row)
    }

    /// Changes a match: loaded for update, saved, and what it asks for done, all in this transaction.
    ///
    /// - Parameter change: returns what has to be done; it may look into the store, which holds the lock.
    /// - Throws: ``StoreError`` `unknownMatch`, `caseloadFull`; ``Refusal``; what `change` throws.
    @discardableResult
    func updateMatch(_ id: MatchID, _ change: (inout Match) async throws -> [Effect]) async throws -> Match {
        var match = try await lock(id)
        let before = match
        let effects = try await change(&match)
        if match != before { save(match) }
        try await perform(effects, of: match)
        return match
    }

    func save(_ match: Match) {
        let times = match.times
        transaction.enqueue(
            MatchStatements.save, agencyID, match.id, match.kind, match.status, match.round, match.peerID,
            match.outcome, times.dispatchedAt, times.acceptedAt, times.arrivedAt, times.overdueAt, times.endedAt,
            match.version)
        guard !match.offers.isEmpty else { return }
        let offers = match.offers
        transaction.enqueue(
            MatchStatements.saveOffers, agencyID, match.id, offers.map(\.peerID), offers.map { Int16($0.round) },
            offers.map(\.status.rawValue), offers.map(\.offeredAt), offers.map(\.answeredAt))
    }

    /// Keeps why a peer declined, as a code of the agency.
    func keepDeclineReason(_ reason: String, of peer: PeerID, for match: MatchID) {
        transaction.enqueue(MatchStatements.declineReason, agencyID, match, peer, reason)
    }

    func setTraits(_ traits: Need.Traits, of match: MatchID) async throws {
        _ = try await transaction.execute(MatchStatements.setTraits, agencyID, match, JSONB(encoding: traits))
    }

    /// What the linked referrals, the referring site and the participant's own words say together.
    func need(of match: Match) async throws -> Need {
        let policy = try await policy()
        let facts = try await transaction.query(ReferralStatements.needs, agencyID, match.id).map(Self.facts)
        let need = Need(of: match.participantID, from: facts) {
            policy.isEmergency(setting: $0.setting, priority: $0.priority)
        }
        guard var need else { throw StoreError(.unknownMatch) }
        if let partner = Need.leadingPartner(need, among: facts), let site = try await site(of: partner) {
            need.area = site.area
            need.siteCredentials = site.credentials
        }
        for row in try await transaction.query(MatchStatements.traits, agencyID, match.id) {
            need.traits = try row.column("traits", as: JSONB.self).decoded()
        }
        return need
    }

    private func match(_ row: Row) async throws -> Match {
        let columns = try row.decode(
            (
                MatchID, ParticipantID, MatchKind, Match.Status, Int, PeerID?, BedsideOutcome?, Instant, Instant?,
                Instant?, Instant?, Instant?, Instant?, Int
            ).self)
        let offers = try await transaction.query(MatchStatements.offers, agencyID, columns.0).map { row in
            let offer = try row.decode((PeerID, Int, Instant, Offer.Status, Instant?).self)
            return Offer(
                peerID: offer.0, round: offer.1, offeredAt: offer.2, status: offer.3, answeredAt: offer.4)
        }
        let referrals = try await transaction.query(MatchStatements.referrals, agencyID, columns.0).map { row in
            let referral = try row.decode((ReferralID, ParticipantID, Setting, ProgrammeCode, Bool).self)
            return Match.LinkedReferral(
                id: referral.0, participantID: referral.1, setting: referral.2, programme: referral.3,
                isLive: referral.4)
        }
        let times = Match.Times(
            openedAt: columns.7, dispatchedAt: columns.8, acceptedAt: columns.9, arrivedAt: columns.10,
            overdueAt: columns.11, endedAt: columns.12)
        return Match(
            id: columns.0, participantID: columns.1, kind: columns.2, status: columns.3, referrals: referrals,
            round: columns.4, offers: offers, peerID: columns.5, times: times, outcome: columns.6,
            version: columns.13)
    }

    private static func facts(_ row: Row) throws -> ReferralFacts {
        let columns = try row.decode(
            (Setting, Priority, ProgrammeCode, PartnerID?, [String], String?, Bool?, Bool).self)
        return ReferralFacts(
            setting: columns.0, priority: columns.1, programme: columns.2, partnerID: columns.3,
            languages: columns.4.map(LanguageTag.init(rawValue:)), peerGender: columns.5,
            takesMedication: columns.6, isLive: columns.7)
    }
}
