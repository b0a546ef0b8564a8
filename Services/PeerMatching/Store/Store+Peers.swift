internal import FoundationEssentials
internal import MessageTable
internal import Models
internal import PeerMatchingDomain
internal import Postgres

extension Store {
    /// - Throws: ``StoreError`` `unknownPeer`.
    func peer(_ id: PeerID) async throws -> Peer {
        let rows = try await transaction.query(PeerStatements.find, agencyID, id)
        guard let row = rows.first else { throw StoreError(.unknownPeer) }
        return try Self.peer(row)
    }

    /// At most `limit` peers whose ids follow `previous`.
    func peers(after previous: PeerID?, limit: Int) async throws -> [Peer] {
        let start = previous ?? PeerID(rawValue: UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)))
        return try await transaction.query(PeerStatements.list, agencyID, start, limit).map(Self.peer)
    }

    func insert(_ peer: Peer) async throws {
        let (profile, terms) = (peer.profile, peer.terms)
        transaction.enqueue(
            PeerStatements.insert, agencyID, peer.id, terms.displayName, terms.status, profile.gender,
            profile.supportsMedicationOn, profile.recoverySinceOn, profile.outOfJusticeSinceOn, terms.caseloadCap,
            terms.pausedUntil, now)
        insertParts(of: peer)
    }

    /// Changes a peer: loaded for update, checked against the expected version, saved.
    ///
    /// - Throws: ``StoreError`` `unknownPeer`, `staleVersion`; what `change` throws.
    func updatePeer(
        _ id: PeerID, expecting version: Int, _ change: (inout Peer) throws -> Void
    ) async throws {
        guard let current = try await transaction.query(PeerStatements.lock, agencyID, id).first else {
            throw StoreError(.unknownPeer)
        }
        guard try current.column("version", as: Int.self) == version else { throw StoreError(.staleVersion) }
        var peer = try await peer(id)
        try change(&peer)
        let (profile, terms) = (peer.profile, peer.terms)
        transaction.enqueue(
            PeerStatements.update, agencyID, id, terms.displayName, terms.status, profile.gender,
            profile.supportsMedicationOn, profile.recoverySinceOn, profile.outOfJusticeSinceOn, terms.caseloadCap,
            terms.pausedUntil, now)
        for statement in [
            PeerStatements.deleteLanguages, PeerStatements.deleteAreas, PeerStatements.deleteSceneOptOuts,
            PeerStatements.deleteDisclosures, PeerStatements.deleteCredentials,
        ] {
            transaction.enqueue(statement, agencyID, id)
        }
        insertParts(of: peer)
    }

    private func insertParts(of peer: Peer) {
        let (profile, credentials) = (peer.profile, peer.terms.credentials)
        let disclosures = profile.disclosures
        transaction.enqueue(PeerStatements.insertLanguages, agencyID, peer.id, profile.languages.map(\.rawValue))
        transaction.enqueue(PeerStatements.insertAreas, agencyID, peer.id, profile.areas)
        transaction.enqueue(PeerStatements.insertSceneOptOuts, agencyID, peer.id, profile.sceneOptOuts)
        transaction.enqueue(
            PeerStatements.insertDisclosures, agencyID, peer.id, disclosures.map(\.kind.rawValue),
            disclosures.map(\.value), disclosures.map(\.source.rawValue), disclosures.map(\.consentedOn),
            disclosures.map(\.mayBeNamed))
        transaction.enqueue(
            PeerStatements.insertCredentials, agencyID, peer.id, credentials.map(\.kind), credentials.map(\.issuer),
            credentials.map(\.number), credentials.map(\.issuedOn), credentials.map(\.expiresOn),
            credentials.map(\.verifiedBy))
    }

    private static func peer(_ row: Row) throws -> Peer {
        let columns = try row.decode(
            (
                PeerID, String, Peer.Status, String?, CivilDate?, CivilDate?, CivilDate?, Int, Int, Int, Instant?, Int,
                [String], [String], [String], JSONB, JSONB
            ).self)
        var profile = Peer.Profile()
        profile.languages = columns.12.map(LanguageTag.init(rawValue:))
        profile.gender = columns.3
        profile.areas = columns.13
        profile.disclosures = try columns.15.decoded()
        profile.supportsMedicationOn = columns.4
        profile.sceneOptOuts = columns.14
        profile.recoverySinceOn = columns.5
        profile.outOfJusticeSinceOn = columns.6
        let terms = Peer.Terms(
            displayName: columns.1, status: columns.2, caseloadCap: columns.7,
            credentials: try columns.16.decoded(), pausedUntil: columns.10)
        return Peer(
            id: columns.0, profile: profile, terms: terms, caseload: columns.8, weightedLoad: columns.9,
            version: columns.11)
    }
}
