public import Confidentiality
public import MessageTable
public import Models
public import Postgres

/// What a service knows of participants' restrictions: read for each decision, kept up to date by messages.
///
/// Tables without a schema: each login's search path is its own service's schema.
public enum RestrictionTerms {
    /// Keeps what an agency agreed to or ended; an older version changes nothing.
    public static func save(_ event: RestrictionChanged, in transaction: Transaction, of agency: AgencyID) async throws
    {
        try await transaction.execute(
            save, agency, event.restrictionID, event.version, event.participantID, event.recipientKind.text,
            event.recipient, event.classes.map(\.text).sorted(), event.purposes.map(\.text).sorted(), event.endedAt
        )
    }

    /// Keeps what messages say.
    @Sendable
    public static func handle(_ event: RestrictionChanged, _ context: HandlerContext) async throws {
        try await save(event, in: context.transaction, of: context.agencyID)
    }

    /// Those in force about some participants that concern anybody outside, for a round trip with other questions;
    /// answered by ``read(_:)``.
    public static func question(of participants: [ParticipantID], in agency: AgencyID) -> Question {
        Question(find, agency, participants, String?.none)
    }

    /// Those in force about some participants, as far as they can concern this requester.
    static func find(
        of participants: [ParticipantID], against requester: Requester, in transaction: Transaction
    ) async throws -> [ParticipantID: [Restriction]] {
        guard !participants.isEmpty else { return [:] }
        let person: String? = requester.isOutside ? nil : requester.subject
        return try read(try await transaction.query(find, requester.agencyID, participants, person))
    }

    /// The restrictions of each person.
    public static func read(_ rows: Rows) throws -> [ParticipantID: [Restriction]] {
        var found: [ParticipantID: [Restriction]] = [:]
        for row in rows {
            let kind: String = try row.column("recipient_kind")
            let classes: [String] = try row.column("data_classes")
            let purposes: [String] = try row.column("purposes")
            let recipient = Restriction.Recipient(kind: kind, text: try row.column("recipient"))
            let restriction = Restriction(
                restrictionID: try row.column("restriction_id"),
                // One that this version does not know is taken for the widest: rather too little is told than too much.
                recipient: recipient ?? .everybodyOutside, classes: known(classes), purposes: known(purposes)
            )
            found[try row.column("participant_id"), default: []].append(restriction)
        }
        return found
    }

    /// The codes that this version knows; none, which means all, where one of them is unknown.
    private static func known<Code: RawRepresentable & Hashable>(_ texts: [String]) -> Set<Code>
    where Code.RawValue == String {
        let codes = texts.compactMap(Code.init(rawValue:))
        return codes.count == texts.count ? Set(codes) : []
    }

    private static let save = Statement(
        "restriction_terms.save",
        """
        insert into restriction_terms as known
            (agency_id, restriction_id, version, participant_id, recipient_kind, recipient, data_classes, purposes,
             ended_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        on conflict (agency_id, restriction_id) do update
        set version = excluded.version, recipient_kind = excluded.recipient_kind, recipient = excluded.recipient,
            data_classes = excluded.data_classes, purposes = excluded.purposes, ended_at = excluded.ended_at
        where known.version < excluded.version
        """
    )

    /// What was asked for under any id of the person counts. The arrays are what lets PostgreSQL use an index of merges
    /// where it takes a list for long.
    private static let find = Statement(
        "restriction_terms.find",
        """
        with asked as (
            select known.participant_id, coalesce(merge.into_id, known.participant_id) as root_id
            from unnest($2::uuid[]) as known (participant_id)
            left join participant_merge as merge
                on merge.agency_id = $1
                and merge.participant_id = any ($2)
                and merge.participant_id = known.participant_id
        ), person as (
            select participant_id, root_id as known_as
            from asked
            union all
            select asked.participant_id, merge.participant_id
            from asked
            join participant_merge as merge
                on merge.agency_id = $1
                and merge.into_id = any (array(select root_id from asked))
                and merge.into_id = asked.root_id
        )
        select person.participant_id, terms.restriction_id, terms.recipient_kind, terms.recipient, terms.data_classes,
            terms.purposes
        from person
        join restriction_terms as terms on terms.agency_id = $1 and terms.participant_id = person.known_as
        where terms.ended_at is null
            and case when $3::text is null then terms.recipient_kind <> 'person'
                else terms.recipient_kind = 'person' and terms.recipient = $3 end
        order by terms.restriction_id
        """
    )
}

extension Restriction.Recipient {
    /// The two columns of a recipient.
    public var columns: (kind: RestrictionChanged.RecipientKind, text: String?) {
        switch self {
        case .everybodyOutside: (.everybodyOutside, nil)
        case .organisation(let id): (.organisation, id.description)
        case .kind(let kind): (.organisationKind, kind.rawValue)
        case .person(let subject): (.person, subject)
        }
    }

    /// Nil for a kind, or a text, that this version does not know.
    public init?(kind: String, text: String?) {
        switch (RestrictionChanged.RecipientKind(rawValue: kind), text) {
        case (.everybodyOutside, _): self = .everybodyOutside
        case (.organisation, .some(let text)):
            guard let id = PartnerID(text) else { return nil }
            self = .organisation(id)
        case (.organisationKind, .some(let text)):
            guard let kind = Organisation.Kind(rawValue: text) else { return nil }
            self = .kind(kind)
        case (.person, .some(let subject)): self = .person(subject)
        default: return nil
        }
    }
}
