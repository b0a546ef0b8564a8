internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

/// A participant as stored: the identity opened, and the key with which their texts are sealed.
struct StoredParticipant: Sendable {
    let participantID: ParticipantID
    let version: Int
    let identity: PersonIdentity
    let dataKey: DataKey
    /// The data key as stored; empty where the identity was erased.
    let wrappedKey: [UInt8]

    var isErased: Bool { wrappedKey.isEmpty }
}

extension Store {
    /// The participant, or nil when there is none in this agency.
    func participant(_ id: ParticipantID, in work: Work) async throws -> StoredParticipant? {
        try await work.tx.query(.findParticipant, work.agencyID, id).first.map { try readParticipant($0, in: work) }
    }

    /// The participant, locked until the end of the transaction.
    ///
    /// - Throws: ``StoreError`` `notFound`.
    func lockParticipant(_ id: ParticipantID, in work: Work) async throws -> StoredParticipant {
        guard let row = try await work.tx.query(.lockParticipant, work.agencyID, id).first else {
            throw StoreError(.notFound)
        }
        return try readParticipant(row, in: work)
    }

    /// Somebody who is not known yet. Their row goes out with the transaction's next statement.
    func register(
        _ person: PersonIdentity, _ digests: [BlindIndex], in work: Work
    ) throws -> StoredParticipant {
        let id = ids.new(ParticipantID.self)
        let (dataKey, wrapped) = try vault.newDataKey(of: id, in: work.agencyID)
        let columns = try SealedIdentity(person, with: dataKey)
        work.tx.enqueue(
            .insertParticipant, work.agencyID, id, wrapped, KeyRing.keyID(of: wrapped), columns.givenName,
            columns.familyName,
            columns.birthDate, columns.phone, columns.address, columns.postalCode, columns.gender, columns.identifiers,
            person.phoneIsSafe, work.now
        )
        if !digests.isEmpty {
            work.tx.enqueue(
                .registerBlindIndex, work.agencyID, id, digests.map(\.kind.rawValue), digests.map(\.version),
                digests.map(\.digest)
            )
        }
        return StoredParticipant(
            participantID: id, version: 1, identity: person, dataKey: dataKey, wrappedKey: wrapped
        )
    }

    /// Adds what this sender knows and others did not.
    func complete(
        _ participant: StoredParticipant, from person: PersonIdentity, _ digests: [BlindIndex], in work: Work
    ) async throws -> StoredParticipant {
        var identity = participant.identity
        guard identity.complete(from: person) else { return participant }
        let columns = try SealedIdentity(identity, with: participant.dataKey)
        work.tx.enqueue(
            .updateParticipant, work.agencyID, participant.participantID, columns.givenName, columns.familyName,
            columns.birthDate, columns.phone, columns.address, columns.postalCode, columns.gender, columns.identifiers,
            identity.phoneIsSafe, work.now
        )
        // A digest that belongs to somebody else stays there: two participants who turn out to be one are for people to
        // merge, never for a form.
        _ = try await index(participant.participantID, digests, in: work)
        return StoredParticipant(
            participantID: participant.participantID, version: participant.version + 1, identity: identity,
            dataKey: participant.dataKey, wrappedKey: participant.wrappedKey
        )
    }

    /// Writes the digests of a known person, and returns how many of them were new.
    func index(_ id: ParticipantID, _ digests: [BlindIndex], in work: Work) async throws -> Int {
        guard !digests.isEmpty else { return 0 }
        return try await work.tx.execute(
            .insertBlindIndex, work.agencyID, id, digests.map(\.kind.rawValue), digests.map(\.version),
            digests.map(\.digest)
        )
    }

    /// Participants who may be the same person as this one, and by what: for people to look at, never merged by itself.
    func possibleDuplicates(
        of participant: ParticipantID, in work: Work
    ) async throws -> [(ParticipantID, [IndexKey.Kind])] {
        try await work.tx.query(.possibleDuplicates, work.agencyID, participant).map { row in
            let (id, kinds) = try row.decode((ParticipantID, [String]).self)
            return (id, kinds.compactMap(IndexKey.Kind.init).sorted { $0.rawValue < $1.rawValue })
        }
    }

    func readParticipant(_ row: Row, in work: Work) throws -> StoredParticipant {
        let (id, version, wrapped): (ParticipantID, Int, [UInt8]) = (
            try row.value(0), try row.value(1), try row.value(2)
        )
        let dataKey = try vault.dataKey(wrapped, of: id, in: work.agencyID)
        let columns = SealedIdentity(
            givenName: try row.value(3), familyName: try row.value(4), birthDate: try row.value(5),
            phone: try row.value(6), address: try row.value(7), postalCode: try row.value(8),
            gender: try row.value(9), identifiers: try row.value(10)
        )
        let isSafe: Bool = try row.value(11)
        return StoredParticipant(
            participantID: id, version: version, identity: try columns.open(with: dataKey, phoneIsSafe: isSafe),
            dataKey: dataKey, wrappedKey: wrapped
        )
    }
}
