internal import FoundationEssentials
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

extension Statement {
    static let insertAliases = Statement(
        "partner_alias.insert",
        """
        insert into referral.partner_alias (agency_id, partner_id, kind, subject_id, alias_id)
        select $1, $2, new.kind, new.subject_id, new.alias_id
        from unnest($3::text[], $4::uuid[], $5::uuid[]) as new (kind, subject_id, alias_id)
        order by new.kind, new.subject_id
        on conflict (agency_id, partner_id, kind, subject_id) do nothing
        """
    )

    static let findAliases = Statement(
        "partner_alias.find",
        """
        select kind, subject_id, alias_id
        from referral.partner_alias
        where agency_id = $1
          and partner_id = $2
          and kind in ('participant', 'referral', 'task', 'consent')
          and subject_id = any($3)
        """
    )

    static let resolveAlias = Statement(
        "partner_alias.resolve",
        """
        select subject_id
        from referral.partner_alias
        where agency_id = $1 and partner_id = $2 and kind = $3 and alias_id = $4
        """
    )

    static let resolveAliases = Statement(
        "partner_alias.resolve_several",
        """
        select subject_id
        from referral.partner_alias
        where agency_id = $1 and partner_id = $2 and kind = $3 and alias_id = any($4)
        """
    )

    static let resolveOtherAlias = Statement(
        "partner_other_alias.resolve",
        """
        select participant_id
        from referral.partner_other_alias
        where agency_id = $1 and partner_id = $2 and alias_id = $3
        """
    )

    static let insertOtherAlias = Statement(
        "partner_other_alias.insert",
        """
        insert into referral.partner_other_alias (agency_id, partner_id, alias_id, participant_id)
        values ($1, $2, $3, $4)
        """
    )
}

/// What partners know under ids of their own.
enum AliasKind: String, PostgresEncodable, PostgresDecodable, CaseIterable {
    case participant, referral, task, consent
}

/// The ids under which one partner knows one of its referrals: never those of another partner, so that two who compare
/// their ids do not find that they speak of one person.
struct SenderIDs: Hashable, Sendable {
    let participantID: UUID
    /// The ServiceRequest, and the referral of `/v1`.
    let referralID: UUID
    let taskID: UUID
}

extension Store {
    /// The ids for each of these referrals, with whom the sender knows by them, made where there are none yet.
    func senderIDs(
        of referrals: [(ReferralID, ParticipantID)], for partner: PartnerID, in work: Work
    ) async throws -> [ReferralID: SenderIDs] {
        guard !referrals.isEmpty else { return [:] }
        var subjects: [UUID] = []
        for (referral, participant) in referrals { subjects += [referral.rawValue, participant.rawValue] }
        var known = try await aliases(of: subjects, for: partner, in: work)
        let missing = referrals.flatMap { referral, participant in
            [
                (AliasKind.participant, participant.rawValue), (.referral, referral.rawValue),
                (.task, referral.rawValue),
            ].filter { known[$0.0]?[$0.1] == nil }
        }
        if !missing.isEmpty {
            try await work.tx.execute(
                .insertAliases, work.agencyID, partner, missing.map(\.0.rawValue), missing.map(\.1),
                missing.map { _ in ids.uuid() }
            )
            known = try await aliases(of: subjects, for: partner, in: work)
        }
        var found: [ReferralID: SenderIDs] = [:]
        for (referral, participant) in referrals {
            guard let person = known[.participant]?[participant.rawValue],
                let request = known[.referral]?[referral.rawValue], let task = known[.task]?[referral.rawValue]
            else { throw StoreError(.raced) }
            found[referral] = SenderIDs(participantID: person, referralID: request, taskID: task)
        }
        return found
    }

    /// The ids of one referral.
    func senderIDs(of stored: StoredReferral, for partner: PartnerID, in work: Work) async throws -> SenderIDs {
        let id = stored.referral.referralID
        let found = try await senderIDs(of: [(id, stored.knownAs)], for: partner, in: work)
        guard let ids = found[id] else { throw StoreError(.raced) }
        return ids
    }

    /// The ids of a referral of somebody who was registered in this same transaction: nobody can have given them any.
    func newSenderIDs(of referral: Referral, for partner: PartnerID, in work: Work) -> SenderIDs {
        let new = SenderIDs(participantID: ids.uuid(), referralID: ids.uuid(), taskID: ids.uuid())
        work.tx.enqueue(
            .insertAliases, work.agencyID, partner,
            [AliasKind.participant.rawValue, AliasKind.referral.rawValue, AliasKind.task.rawValue],
            [referral.participantID.rawValue, referral.referralID.rawValue, referral.referralID.rawValue],
            [new.participantID, new.referralID, new.taskID]
        )
        return new
    }

    /// The id under which a partner knows a person whom it referred.
    func senderID(of person: ParticipantID, for partner: PartnerID, in work: Work) async throws -> UUID {
        let known = try await aliases(of: [person.rawValue], for: partner, in: work)
        guard let alias = known[.participant]?[person.rawValue] else { throw StoreError(.notFound) }
        return alias
    }

    /// Which of these participants a partner has an id for.
    func known(_ people: [ParticipantID], to partner: PartnerID, in work: Work) async throws -> Set<ParticipantID> {
        let found = try await aliases(of: people.map(\.rawValue), for: partner, in: work)[.participant] ?? [:]
        return Set(found.keys.map(ParticipantID.init(rawValue:)))
    }

    /// The id under which a partner knows a consent, made where there is none yet.
    func senderID(of consent: ConsentID, for partner: PartnerID, in work: Work) async throws -> UUID {
        try await work.tx.execute(
            .insertAliases, work.agencyID, partner, [AliasKind.consent.rawValue], [consent.rawValue], [ids.uuid()]
        )
        let known = try await aliases(of: [consent.rawValue], for: partner, in: work)
        guard let alias = known[.consent]?[consent.rawValue] else { throw StoreError(.raced) }
        return alias
    }

    /// What a partner's id stands for; nil for an id that is not this partner's.
    func resolve<Subject>(
        _ alias: UUID, _ kind: AliasKind, of partner: PartnerID, as _: ID<Subject>.Type = ID<Subject>.self,
        in work: Work
    ) async throws -> ID<Subject>? {
        let found = try await work.tx.query(.resolveAlias, work.agencyID, partner, kind, alias).first
        if found == nil, kind == .participant {
            return try await work.tx.query(.resolveOtherAlias, work.agencyID, partner, alias).first?
                .decode(ID<Subject>.self)
        }
        return try found?.decode(ID<Subject>.self)
    }

    /// Makes an id that a partner was given before there was a participant the one by which it knows them. A partner that
    /// knows them by another id already keeps that one, and this one leads there.
    func adopt(_ alias: UUID, as person: ParticipantID, by partner: PartnerID, in work: Work) async throws {
        try await work.tx.execute(
            .insertAliases, work.agencyID, partner, [AliasKind.participant.rawValue], [person.rawValue], [alias])
        guard try await senderID(of: person, for: partner, in: work) != alias else { return }
        try await work.tx.execute(.insertOtherAlias, work.agencyID, partner, alias, person)
    }

    private func aliases(
        of subjects: [UUID], for partner: PartnerID, in work: Work
    ) async throws -> [AliasKind: [UUID: UUID]] {
        var found: [AliasKind: [UUID: UUID]] = [:]
        for row in try await work.tx.query(.findAliases, work.agencyID, partner, subjects) {
            let (kind, subject, alias) = try row.decode((AliasKind, UUID, UUID).self)
            found[kind, default: [:]][subject] = alias
        }
        return found
    }
}
