internal import MessageTable
internal import Models
internal import PeerMatchingDomain
internal import Postgres

/// Statements about what an agency decides once: its policy, its sites, its excluded pairs.
enum RuleStatements {
    static let policy = Statement(
        "policy.newest",
        """
        select rules
        from matching.policy
        where agency_id = $1
        order by version desc
        limit 1
        """
    )

    static let insertPolicy = Statement(
        "policy.insert",
        """
        insert into matching.policy (agency_id, version, rules, created_by, created_at)
        values ($1, $2, $3, $4, $5)
        on conflict (agency_id, version) do nothing
        """
    )

    static let site = Statement(
        "site.find",
        """
        select area, credentials, version
        from matching.site
        where agency_id = $1 and partner_id = $2
        """
    )

    static let putSite = Statement(
        "site.put",
        """
        insert into matching.site (agency_id, partner_id, area, credentials, version)
        values ($1, $2, $3, $4, 1)
        on conflict (agency_id, partner_id) do update
        set
            area = excluded.area,
            credentials = excluded.credentials,
            version = site.version + 1
        """
    )

    static let putExcludedPair = Statement(
        "excluded_pair.put",
        """
        insert into matching.excluded_pair (
            agency_id, peer_id, participant_id, reason, expires_at, created_by, created_at
        )
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (agency_id, participant_id, peer_id) do update
        set
            reason = excluded.reason,
            expires_at = excluded.expires_at,
            created_by = excluded.created_by,
            created_at = excluded.created_at
        """
    )

    static let excludedPairs = Statement(
        "excluded_pair.list",
        """
        select peer_id, participant_id, reason, expires_at
        from matching.excluded_pair
        where agency_id = $1 and participant_id = any ((select matching.participant_group($1, $2))::uuid[])
        order by peer_id, participant_id
        """
    )
}

/// What the place of a referring organisation asks of a peer.
struct Site: Hashable {
    var area: String?
    var credentials: [String]
    var version: Int
}

extension Store {
    /// The agency's own policy where it has one, otherwise the one that comes with Handrail.
    func policy() async throws -> Policy {
        guard let row = try await transaction.query(RuleStatements.policy, agencyID).first else {
            return try Policy.standard()
        }
        return try row.column("rules", as: JSONB.self).decoded()
    }

    /// Adds a version of the policy.
    ///
    /// - Throws: ``StoreError`` `staleVersion` when that version exists already.
    func insert(_ policy: Policy, by subject: String) async throws {
        let added = try await transaction.execute(
            RuleStatements.insertPolicy, agencyID, policy.version, JSONB(encoding: policy), subject, now)
        guard added == 1 else { throw StoreError(.staleVersion) }
    }

    func site(of partner: PartnerID) async throws -> Site? {
        guard let row = try await transaction.query(RuleStatements.site, agencyID, partner).first else { return nil }
        let columns = try row.decode((String?, [String], Int).self)
        return Site(area: columns.0, credentials: columns.1, version: columns.2)
    }

    func putSite(of partner: PartnerID, area: String?, credentials: [String]) async throws {
        _ = try await transaction.execute(RuleStatements.putSite, agencyID, partner, area, credentials)
    }

    /// Records a pair; the newest word about a pair counts.
    ///
    /// - Throws: ``StoreError`` `noSuchPeer`.
    func put(_ pair: ExcludedPair, by subject: String) async throws {
        do {
            _ = try await transaction.execute(
                RuleStatements.putExcludedPair, agencyID, pair.peerID, pair.participantID, pair.reason, pair.expiresAt,
                subject, now)
        } catch {
            guard error.isForeignKeyViolation else { throw error }
            throw StoreError(.noSuchPeer)
        }
    }

    /// Whom the person is kept apart from, under whichever of their ids it was said.
    func excludedPairs(of participant: ParticipantID) async throws -> [ExcludedPair] {
        try await transaction.query(RuleStatements.excludedPairs, agencyID, participant).map { row in
            let columns = try row.decode((PeerID, ParticipantID, ExcludedPair.Reason, Instant?).self)
            return ExcludedPair(
                peerID: columns.0, participantID: columns.1, reason: columns.2, expiresAt: columns.3)
        }
    }
}
