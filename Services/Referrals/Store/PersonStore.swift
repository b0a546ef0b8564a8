internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

extension Statement {
    /// All participants who are one person with this one.
    static let findPerson = Statement(
        "participant.find_person",
        """
        select participant_id, version, data_key, given_name, family_name, birth_date, phone, address, postal_code,
          gender, identifiers, phone_is_safe
        from referral.participant
        where agency_id = $1 and participant_id = any(referral.participant_group($1, $2))
        order by participant_id
        """
    )

    /// The same, each locked. In the order of their ids: two cannot lock each other out.
    static let lockPerson = Statement(
        "participant.lock_person",
        """
        select participant_id, version, data_key, given_name, family_name, birth_date, phone, address, postal_code,
          gender, identifiers, phone_is_safe
        from referral.participant
        where agency_id = $1 and participant_id = any(referral.participant_group($1, $2))
        order by participant_id
        for no key update
        """
    )

    /// All participants of two people, each locked, in the same order.
    static let lockTwoPeople = Statement(
        "participant.lock_two_people",
        """
        select participant_id, version, data_key, given_name, family_name, birth_date, phone, address, postal_code,
          gender, identifiers, phone_is_safe
        from referral.participant
        where agency_id = $1
          and participant_id = any(referral.participant_group($1, $2) || referral.participant_group($1, $3))
        order by participant_id
        for no key update
        """
    )

    static let groupOf = Statement("participant_merge.group_of", "select referral.participant_group($1, $2)")

    /// What is shown of a person has changed, though not in this row.
    static let touchParticipants = Statement(
        "participant.touch",
        """
        update referral.participant
        set version = version + 1, changed_at = $3
        where agency_id = $1 and participant_id = any($2)
        """
    )
}

/// A person as stored: the participant who remains, and those who turned out to be the same, each with a key of their own.
struct StoredPerson: Sendable {
    /// Under whose id new things are kept.
    let remaining: StoredParticipant
    /// In the order of their ids.
    let merged: [StoredParticipant]

    init(_ remaining: StoredParticipant, merged: [StoredParticipant] = []) {
        (self.remaining, self.merged) = (remaining, merged)
    }

    var all: [StoredParticipant] { merged + [remaining] }
    var ids: PersonIDs { PersonIDs(remaining.participantID, merged: merged.map(\.participantID)) }
    /// It moves with everything that is shown of the person.
    var version: Int { remaining.version }
    /// All are erased, or nobody is.
    var isErased: Bool { remaining.isErased }

    /// As whom the one who remains is known; what nobody knows there, the others tell. Put together for each answer and
    /// never stored: after an unmerge each has their own again.
    var identity: PersonIdentity {
        merged.reduce(into: remaining.identity) { known, other in _ = known.complete(from: other.identity) }
    }

    /// One of them.
    ///
    /// - Throws: ``StoreError`` `notFound` for somebody else.
    func participant(_ id: ParticipantID) throws(StoreError) -> StoredParticipant {
        guard let found = all.first(where: { $0.participantID == id }) else { throw StoreError(.notFound) }
        return found
    }
}

extension Store {
    /// The person whom a participant is, or nil when there is none in this agency.
    func person(_ id: ParticipantID, in work: Work) async throws -> StoredPerson? {
        let answers = try await work.tx.together(
            Question(.findPerson, work.agencyID, id), Question(.groupOf, work.agencyID, id))
        let rows = try readParticipants(answers[0], in: work)
        return rows[id] == nil ? nil : try Self.person(try Self.group(answers[1]), of: rows)
    }

    /// The person whom a participant is, with all of their rows locked until the end of the transaction: consents,
    /// restrictions and merges are decided under these.
    ///
    /// - Throws: ``StoreError`` `notFound`; `raced` where a merge was decided meanwhile.
    func lockPerson(_ id: ParticipantID, in work: Work) async throws -> StoredPerson {
        // The second statement sees what was committed while the first one waited.
        let answers = try await work.tx.together(
            Question(.lockPerson, work.agencyID, id), Question(.groupOf, work.agencyID, id))
        let rows = try readParticipants(answers[0], in: work)
        guard rows[id] != nil else { throw StoreError(.notFound) }
        return try Self.person(try Self.group(answers[1]), of: rows, all: true)
    }

    /// Two people, locked; twice the same where they are one already.
    ///
    /// - Throws: ``StoreError`` `notFound`, `raced`.
    func lockPeople(
        _ one: ParticipantID, _ other: ParticipantID, in work: Work
    ) async throws -> (StoredPerson, StoredPerson) {
        let answers = try await work.tx.together(
            Question(.lockTwoPeople, work.agencyID, one, other), Question(.groupOf, work.agencyID, one),
            Question(.groupOf, work.agencyID, other))
        let rows = try readParticipants(answers[0], in: work)
        guard rows[one] != nil, rows[other] != nil else { throw StoreError(.notFound) }
        let (first, second) = (try Self.group(answers[1]), try Self.group(answers[2]))
        // Who was locked and belongs to neither now, was taken out meanwhile.
        guard Set(rows.keys) == Set(first.all + second.all) else { throw StoreError(.raced) }
        return (try Self.person(first, of: rows), try Self.person(second, of: rows))
    }

    private func readParticipants(_ rows: Rows, in work: Work) throws -> [ParticipantID: StoredParticipant] {
        Dictionary(
            uniqueKeysWithValues: try rows.map { row in
                let participant = try readParticipant(row, in: work)
                return (participant.participantID, participant)
            })
    }

    private static func group(_ rows: Rows) throws -> PersonIDs {
        guard var ids = try rows.first?.decode([ParticipantID].self), let last = ids.popLast() else {
            throw StoreError(.notFound)
        }
        return PersonIDs(last, merged: ids)
    }

    /// - Parameter all: whether the rows are to be exactly these.
    private static func person(
        _ ids: PersonIDs, of rows: [ParticipantID: StoredParticipant], all: Bool = false
    ) throws(StoreError) -> StoredPerson {
        let merged = ids.merged.compactMap { rows[$0] }
        guard let remaining = rows[ids.remaining], merged.count == ids.merged.count,
            !all || rows.count == merged.count + 1
        else { throw StoreError(.raced) }
        return StoredPerson(remaining, merged: merged)
    }
}
