internal import Confidentiality
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

/// What decides what the senders of one person's referrals are told: read in the transaction of the answer, so that a
/// consent that was revoked before counts in it.
struct Telling: Sendable {
    let law: AgencyLaw
    /// In the order in which they were recorded.
    var consents: [Consent] = []
    var restrictions: [Restriction] = []
    /// Of the partners that sent any of them.
    var kinds: [PartnerID: Organisation.Kind] = [:]

    /// As whom a partner asks.
    func organisation(_ partner: PartnerID) -> Organisation {
        Organisation(partnerID: partner, kind: kinds[partner] ?? .other)
    }
}

extension Statement {
    static let kindsOfSenders = Statement(
        "partner.kinds_of_senders",
        """
        select distinct r.partner_id,
          (select p.kind from referral.partner as p where p.agency_id = $1 and p.partner_id = r.partner_id)
        from referral.referral as r
        where r.agency_id = $1 and r.participant_id = any($2) and r.partner_id is not null
        """
    )

}

extension Store {
    /// What decides about each of these people, in one round trip.
    func telling(
        of participants: [ParticipantID], in work: Work
    ) async throws -> [ParticipantID: Telling] {
        let answers = try await work.tx.together(
            Question(AgencyLaw.find, work.agencyID), Question(.listConsentsOfSeveral, work.agencyID, participants),
            Question(.kindsOfSenders, work.agencyID, participants),
            RestrictionTerms.question(of: participants, in: work.agencyID)
        )
        let law = try Self.law(answers[0], in: work)
        var consents: [ParticipantID: [Consent]] = [:]
        for row in answers[1] { consents[try row.column("asked_id"), default: []].append(try Consent(row: row)) }
        let kinds = try Self.kinds(answers[2])
        let restrictions = try RestrictionTerms.read(answers[3])
        return Dictionary(
            uniqueKeysWithValues: participants.map { id in
                (
                    id,
                    Telling(
                        law: law, consents: consents[id] ?? [], restrictions: restrictions[id] ?? [], kinds: kinds)
                )
            })
    }

    /// What decides about one person.
    func telling(of participant: ParticipantID, in work: Work) async throws -> Telling {
        guard let found = try await telling(of: [participant], in: work)[participant] else {
            throw StoreError(.notFound)
        }
        return found
    }

    /// What decides about one person, with the kinds of the senders of all ids.
    func telling(of person: PersonIDs, in work: Work) async throws -> Telling {
        guard let found = try await telling(of: person.all, in: work)[person.remaining] else {
            throw StoreError(.notFound)
        }
        return found
    }

    static func law(_ rows: Rows, in work: Work) throws -> AgencyLaw {
        guard let row = rows.first else { throw StoreError(.notFound) }
        return try AgencyLaw(work.agencyID, row: row)
    }

    static func kinds(_ rows: Rows) throws -> [PartnerID: Organisation.Kind] {
        Dictionary(
            try rows.map { row in
                let (id, kind) = try row.decode((PartnerID, Partner.Kind).self)
                return (id, kind.organisationKind)
            },
            uniquingKeysWith: { first, _ in first })
    }

    /// What the sender of a referral may be told of it now; nil for a referral without a partner.
    func permit(for referral: Referral, under telling: Telling, at instant: Instant) -> Permit? {
        guard let partner = referral.partnerID else { return nil }
        return permit(
            about: referral.participantID, to: telling.organisation(partner), as: .sender, [.presence, .referral],
            telling,
            at: instant)
    }

    /// What an organisation may be told of a person; nil where it may be told nothing.
    func permit(
        about participant: ParticipantID, to organisation: Organisation, as relationship: Relationship,
        _ classes: Set<DataClass>, _ telling: Telling, at instant: Instant
    ) -> Permit? {
        let agencyID = telling.law.agencyID
        let question = AccessQuestion(
            agency: telling.law,
            requester: Requester(
                agencyID: agencyID, role: .partner, subject: organisation.partnerID.description,
                organisation: organisation),
            purpose: organisation.kind.usualPurpose, classes: classes,
            participant: Participant(
                agencyID: agencyID, participantID: participant, relationship: relationship,
                consents: telling.consents.map(\.terms), restrictions: telling.restrictions),
            at: instant
        )
        return rules.decide(question).permit
    }
}
