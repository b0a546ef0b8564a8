internal import FoundationEssentials
internal import JSON
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
    /// The data key as stored.
    let wrappedKey: [UInt8]
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

    /// The participant whom a search found, locked, with what this sender adds; or a new one.
    ///
    /// A new one is written with the transaction's next statement. The unique index decides between two that register at
    /// once: the second one's transaction fails, is tried again (``StoreError/mayRetry(_:)``), and finds the first one's.
    func findOrRegister(
        _ person: PersonIdentity, _ search: PersonSearch, in work: Work
    ) async throws -> (participant: StoredParticipant, isNew: Bool) {
        guard let id = search.found else { return (try register(person, search.digests, in: work), true) }
        let participant = try await lockParticipant(id, in: work)
        return (try await complete(participant, from: person, search.digests, in: work), false)
    }

    private func register(
        _ person: PersonIdentity, _ digests: [BlindIndex], in work: Work
    ) throws -> StoredParticipant {
        let id = ids.new(ParticipantID.self)
        let (dataKey, wrapped) = try vault.newDataKey(of: id, in: work.agencyID)
        let columns = try SealedIdentity(person, with: dataKey)
        work.tx.enqueue(
            .insertParticipant, work.agencyID, id, wrapped, vault.ring.currentID, columns.givenName, columns.familyName,
            columns.birthDate, columns.phone, columns.address, columns.identifiers, person.phoneIsSafe, work.now
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
    private func complete(
        _ participant: StoredParticipant, from person: PersonIdentity, _ digests: [BlindIndex], in work: Work
    ) async throws -> StoredParticipant {
        var identity = participant.identity
        guard identity.complete(from: person) else { return participant }
        let columns = try SealedIdentity(identity, with: participant.dataKey)
        work.tx.enqueue(
            .updateParticipant, work.agencyID, participant.participantID, columns.givenName, columns.familyName,
            columns.birthDate, columns.phone, columns.address, columns.identifiers, identity.phoneIsSafe, work.now
        )
        // A digest that belongs to somebody else stays there: two participants who turn out to be one are for people to
        // join, never for a form.
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
        let (id, version, wrapped, given, family, birth, phone, address, identifiers, isSafe) = try row.decode(
            (
                ParticipantID, Int, [UInt8], [UInt8]?, [UInt8]?, [UInt8]?, [UInt8]?, [UInt8]?, [UInt8]?, Bool
            ).self
        )
        let dataKey = try vault.dataKey(wrapped, of: id, in: work.agencyID)
        let columns = SealedIdentity(
            givenName: given, familyName: family, birthDate: birth, phone: phone, address: address,
            identifiers: identifiers
        )
        return StoredParticipant(
            participantID: id, version: version, identity: try columns.open(with: dataKey, phoneIsSafe: isSafe),
            dataKey: dataKey, wrappedKey: wrapped
        )
    }
}

/// The identity's columns, sealed.
struct SealedIdentity {
    var givenName: [UInt8]?
    var familyName: [UInt8]?
    var birthDate: [UInt8]?
    var phone: [UInt8]?
    var address: [UInt8]?
    var identifiers: [UInt8]?

    init(
        givenName: [UInt8]?, familyName: [UInt8]?, birthDate: [UInt8]?, phone: [UInt8]?, address: [UInt8]?,
        identifiers: [UInt8]?
    ) {
        self.givenName = givenName
        self.familyName = familyName
        self.birthDate = birthDate
        self.phone = phone
        self.address = address
        self.identifiers = identifiers
    }

    init(_ person: PersonIdentity, with key: DataKey) throws {
        givenName = try key.seal(person.givenName, for: .givenName)
        familyName = try key.seal(person.familyName, for: .familyName)
        birthDate = try key.seal(person.birthDate?.description, for: .birthDate)
        phone = try key.seal(person.phone, for: .phone)
        address = try key.seal(person.address, for: .address)
        identifiers =
            person.identifiers.isEmpty ? nil : try key.seal(Self.text(of: person.identifiers), for: .identifiers)
    }

    private static func text(of identifiers: [PersonIdentity.Identifier]) -> [UInt8] {
        var json = JSONWriter(capacity: 128)
        json.array { json in
            for identifier in identifiers {
                json.object { json in
                    json.field("system", identifier.system)
                    json.field("value", identifier.value)
                }
            }
        }
        return json.bytes
    }

    func open(with key: DataKey, phoneIsSafe: Bool) throws -> PersonIdentity {
        PersonIdentity(
            givenName: try key.open(givenName, from: .givenName),
            familyName: try key.open(familyName, from: .familyName),
            birthDate: try key.open(birthDate, from: .birthDate).flatMap(CivilDate.init),
            phone: try key.open(phone, from: .phone), phoneIsSafe: phoneIsSafe,
            address: try key.open(address, from: .address),
            identifiers: try identifiers.map {
                try JSONValue.decode([PersonIdentity.Identifier].self, from: try key.open($0, from: .identifiers))
            } ?? []
        )
    }
}
