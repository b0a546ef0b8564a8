internal import Crypto
internal import FoundationEssentials
internal import Models
internal import Postgres
internal import ReferralsDomain

extension Statement {
    static let findOutsideServer = Statement(
        "outside_server.find",
        """
        select partner_id, version, base_url, token_url, client_id, scope, task_owner, pulled_at,
          signing_key
        from referral.outside_server
        where agency_id = $1 and partner_id = $2
        """
    )

    static let lockOutsideServer = Statement(
        "outside_server.lock",
        """
        select partner_id, version, base_url, token_url, client_id, scope, task_owner, pulled_at,
          signing_key
        from referral.outside_server
        where agency_id = $1 and partner_id = $2
        for update
        """
    )

    static let saveOutsideServer = Statement(
        "outside_server.save",
        """
        insert into referral.outside_server
          (agency_id, partner_id, version, base_url, token_url, client_id, scope, task_owner, signing_key, changed_at,
           changed_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        on conflict (agency_id, partner_id) do update
        set version = excluded.version, base_url = excluded.base_url, token_url = excluded.token_url,
          client_id = excluded.client_id, scope = excluded.scope, task_owner = excluded.task_owner,
          signing_key = excluded.signing_key,
          changed_at = excluded.changed_at, changed_by = excluded.changed_by
        """
    )

    static let listOutsideServerKeys = Statement(
        "outside_server.list_keys",
        """
        select partner_id, signing_key
        from referral.outside_server
        where agency_id = $1
        for no key update
        """
    )

    static let resealOutsideServer = Statement(
        "outside_server.reseal",
        """
        update referral.outside_server
        set signing_key = $3
        where agency_id = $1 and partner_id = $2
        """
    )
}

/// A partner's server, with the key by which it knows the agency.
struct StoredOutsideServer: Sendable {
    var server: OutsideServer
    var key: P384.Signing.PrivateKey
    /// When the agency last looked for Tasks there.
    var pulledAt: Instant?
}

extension Store {
    func outsideServer(of partner: PartnerID, in work: Work) async throws -> StoredOutsideServer? {
        try await work.tx.query(.findOutsideServer, work.agencyID, partner).first.map { try read(server: $0, in: work) }
    }

    /// Says where a partner's server is. The first time, and where it is asked for, with a new key. Where Tasks lie there for
    /// the agency, it looks for them from now on.
    ///
    /// - Parameter version: on which the change is based; nil where there is none yet.
    /// - Throws: ``StoreError`` `notFound`, `stale`.
    func save(
        _ server: OutsideServer, expecting version: Int?, withNewKey: Bool, by subject: String, in work: Work
    ) async throws -> StoredOutsideServer {
        let id = server.partnerID
        // The partner's row first: of two who say it for the first time, the second finds the first one's.
        guard try await !work.tx.query(.lockPartner, work.agencyID, id).isEmpty else { throw StoreError(.notFound) }
        let known = try await work.tx.query(.lockOutsideServer, work.agencyID, id).first.map {
            try read(server: $0, in: work)
        }
        guard known?.server.version == version else { throw StoreError(.stale) }
        var stored = StoredOutsideServer(server: server, key: .init())
        stored.server.version = (version ?? 0) + 1
        if let known, !withNewKey { stored.key = known.key }
        try await work.tx.execute(
            .saveOutsideServer, work.agencyID, id, stored.server.version, server.baseURL, server.tokenURL,
            server.clientID, server.scope, server.taskOwner,
            try vault.sealServerKey(Array(stored.key.rawRepresentation), of: id, in: work.agencyID), work.now, subject)
        try queuePull(of: stored.server, at: work.now, in: work)
        return stored
    }

    /// Brings the keys under the ring's current key.
    func resealServerKeys(in work: Work) async throws {
        for row in try await work.tx.query(.listOutsideServerKeys, work.agencyID) {
            let (id, sealed) = try row.decode((PartnerID, [UInt8]).self)
            guard KeyRing.keyID(of: sealed) != vault.ring.currentID else { continue }
            let key = try vault.openServerKey(sealed, of: id, in: work.agencyID)
            work.tx.enqueue(
                .resealOutsideServer, work.agencyID, id, try vault.sealServerKey(key, of: id, in: work.agencyID))
        }
    }

    private func read(server row: Row, in work: Work) throws -> StoredOutsideServer {
        let (id, version, baseURL, tokenURL, clientID, scope, owner, pulledAt, sealed) = try row.decode(
            (PartnerID, Int, String, String?, String?, String, String?, Instant?, [UInt8]).self)
        return StoredOutsideServer(
            server: OutsideServer(
                partnerID: id, version: version, baseURL: baseURL, tokenURL: tokenURL, clientID: clientID, scope: scope,
                taskOwner: owner),
            key: try .init(rawRepresentation: Data(try vault.openServerKey(sealed, of: id, in: work.agencyID))),
            pulledAt: pulledAt)
    }
}
