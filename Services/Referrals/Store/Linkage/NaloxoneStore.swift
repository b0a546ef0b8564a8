internal import FoundationEssentials
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

extension Statement {
    static let insertNaloxoneKit = Statement(
        "naloxone_kit.insert",
        """
        insert into referral.naloxone_kit
          (agency_id, kit_id, given_on, recipient, participant_id, product, lot, expires_on, count, training, refill,
           recorded_at, recorded_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        """
    )

    static let findNaloxoneKit = Statement(
        "naloxone_kit.find",
        """
        select kit_id, given_on, recipient, participant_id, product, lot, expires_on, count, training, refill
        from referral.naloxone_kit
        where agency_id = $1 and kit_id = $2
        """
    )

    static let listNaloxoneKits = Statement(
        "naloxone_kit.list",
        """
        select kit_id, given_on, recipient, participant_id, product, lot, expires_on, count, training, refill
        from referral.naloxone_kit
        where agency_id = $1 and (given_on, kit_id) < ($2, $3)
        order by given_on desc, kit_id desc
        limit $4
        """
    )

    /// What somebody or their family was given.
    static let listNaloxoneKitsOfPerson = Statement(
        "naloxone_kit.list_of_person",
        """
        select kit_id, given_on, recipient, participant_id, product, lot, expires_on, count, training, refill
        from referral.naloxone_kit
        where agency_id = $1 and participant_id = any($2)
        order by given_on desc, kit_id desc
        limit $3
        """
    )

    static let insertReversal = Statement(
        "reversal.insert",
        """
        insert into referral.reversal
          (agency_id, reversal_id, happened_on, participant_id, place, doses, given_by, survived, ems_called,
           recorded_at, recorded_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """
    )

    static let findReversal = Statement(
        "reversal.find",
        """
        select reversal_id, happened_on, participant_id, place, doses, given_by, survived, ems_called
        from referral.reversal
        where agency_id = $1 and reversal_id = $2
        """
    )

    static let listReversals = Statement(
        "reversal.list",
        """
        select reversal_id, happened_on, participant_id, place, doses, given_by, survived, ems_called
        from referral.reversal
        where agency_id = $1 and (happened_on, reversal_id) < ($2, $3)
        order by happened_on desc, reversal_id desc
        limit $4
        """
    )

    static let listReversalsOfPerson = Statement(
        "reversal.list_of_person",
        """
        select reversal_id, happened_on, participant_id, place, doses, given_by, survived, ems_called
        from referral.reversal
        where agency_id = $1 and participant_id = any($2)
        order by happened_on desc, reversal_id desc
        limit $3
        """
    )
}

extension Store {
    /// An id that tells nothing. The others hold the millisecond in which they were made.
    func timelessID<Subject>(_: ID<Subject>.Type = ID<Subject>.self) -> ID<Subject> { ID(rawValue: UUID()) }

    /// Keeps what was handed out. Where nobody is named, neither the hour nor who wrote it down is kept.
    ///
    /// - Parameter person: who is named in it, locked.
    /// - Throws: ``StoreError`` `notFound` where it names somebody else; `VaultError` of an erased person.
    func insert(_ kit: NaloxoneKit, of person: StoredPerson?, by subject: String, in work: Work) throws {
        let isNamed = try isNamed(kit.participantID, person)
        work.tx.enqueue(
            .insertNaloxoneKit, work.agencyID, kit.kitID, kit.givenOn, kit.recipient, kit.participantID, kit.product,
            kit.lot, kit.expiresOn, kit.count, kit.training, kit.refill, isNamed ? work.now : nil,
            isNamed ? subject : nil)
    }

    /// Keeps what was reported, in the same way.
    func insert(_ reversal: Reversal, of person: StoredPerson?, by subject: String, in work: Work) throws {
        let isNamed = try isNamed(reversal.participantID, person)
        work.tx.enqueue(
            .insertReversal, work.agencyID, reversal.reversalID, reversal.happenedOn, reversal.participantID,
            reversal.place, reversal.doses, reversal.givenBy, reversal.survived, reversal.isEMSCalled,
            isNamed ? work.now : nil, isNamed ? subject : nil)
    }

    private func isNamed(_ id: ParticipantID?, _ person: StoredPerson?) throws -> Bool {
        guard let id else { return false }
        guard let person, person.ids.contains(id) else { throw StoreError(.notFound) }
        guard !person.isErased else { throw VaultError(.erased) }
        return true
    }

    func naloxoneKit(_ id: NaloxoneKitID, in work: Work) async throws -> NaloxoneKit? {
        try await work.tx.query(.findNaloxoneKit, work.agencyID, id).first.map { try NaloxoneKit(row: $0) }
    }

    func reversal(_ id: ReversalID, in work: Work) async throws -> Reversal? {
        try await work.tx.query(.findReversal, work.agencyID, id).first.map { try Reversal(row: $0) }
    }

    /// What was handed out, the latest first.
    func naloxoneKits(
        before: (CivilDate, NaloxoneKitID)?, atMost limit: Int, in work: Work
    ) async throws -> [NaloxoneKit] {
        let (day, id) = before ?? (Self.lastDay, .last)
        return try await work.tx.query(.listNaloxoneKits, work.agencyID, day, id, limit).map {
            try NaloxoneKit(row: $0)
        }
    }

    /// What was reported, the latest first.
    func reversals(before: (CivilDate, ReversalID)?, atMost limit: Int, in work: Work) async throws -> [Reversal] {
        let (day, id) = before ?? (Self.lastDay, .last)
        return try await work.tx.query(.listReversals, work.agencyID, day, id, limit).map { try Reversal(row: $0) }
    }

    /// What a person or their family was given, under all of their ids, the latest first.
    func naloxoneKits(of person: PersonIDs, atMost limit: Int, in work: Work) async throws -> [NaloxoneKit] {
        try await work.tx.query(.listNaloxoneKitsOfPerson, work.agencyID, person.all, limit).map {
            try NaloxoneKit(row: $0)
        }
    }

    /// When a person was given naloxone, as far as it was said who it was, the latest first.
    func reversals(of person: PersonIDs, atMost limit: Int, in work: Work) async throws -> [Reversal] {
        try await work.tx.query(.listReversalsOfPerson, work.agencyID, person.all, limit).map {
            try Reversal(row: $0)
        }
    }

    private static let lastDay = CivilDate(daysSince1970: 2_900_000)
}

extension NaloxoneKit {
    init(row: Row) throws {
        self.init(
            kitID: try row.column("kit_id"), givenOn: try row.column("given_on"),
            recipient: try row.column("recipient"), participantID: try row.column("participant_id"),
            product: try row.column("product"), lot: try row.column("lot"), expiresOn: try row.column("expires_on"),
            count: try row.column("count"), training: try row.column("training"), refill: try row.column("refill"))
    }
}

extension Reversal {
    init(row: Row) throws {
        self.init(
            reversalID: try row.column("reversal_id"), happenedOn: try row.column("happened_on"),
            participantID: try row.column("participant_id"), place: try row.column("place"),
            doses: try row.column("doses"), givenBy: try row.column("given_by"), survived: try row.column("survived"),
            isEMSCalled: try row.column("ems_called"))
    }
}
