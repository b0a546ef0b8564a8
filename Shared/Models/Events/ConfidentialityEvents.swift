/// What a participant asked not to be done was agreed to, or has ended (42 CFR 2.26, 45 CFR 164.522). Every service keeps
/// it, and withholds accordingly.
public struct RestrictionChanged: Event {
    public static let topic = "restriction.changed.v1"

    /// Against whom a restriction is.
    public enum RecipientKind: String, Codable, CaseIterable, Hashable, Sendable {
        case everybodyOutside = "outside"
        case organisation
        case organisationKind = "organisation-kind"
        /// One of the agency's own people.
        case person
    }

    public var restrictionID: RestrictionID
    public var participantID: ParticipantID
    public var version: Int?
    public var recipientKind: Carried<RecipientKind>
    /// The organisation's id, the kind, or the subject of the person's tokens; nil for everybody outside.
    public var recipient: String?
    /// What is withheld; empty for everything.
    public var classes: [Carried<DataClass>]
    /// For what it is withheld; empty for every purpose.
    public var purposes: [Carried<PurposeOfUse>]
    /// When it ended; nil while it is in force.
    public var endedAt: Instant?
    public var changedAt: Instant

    public var key: String { restrictionID.description }

    public init(
        restrictionID: RestrictionID, participantID: ParticipantID, version: Int,
        recipientKind: Carried<RecipientKind>, recipient: String?, classes: [Carried<DataClass>],
        purposes: [Carried<PurposeOfUse>], endedAt: Instant?, changedAt: Instant
    ) {
        self.restrictionID = restrictionID
        self.participantID = participantID
        self.version = version
        self.recipientKind = recipientKind
        self.recipient = recipient
        self.classes = classes
        self.purposes = purposes
        self.endedAt = endedAt
        self.changedAt = changedAt
    }
}

/// Two participants turned out to be one person: what is stored under either id is the person's. Published by `referrals`;
/// every service keeps it. Ids stay valid, records stay where they are.
public struct ParticipantMerged: Event {
    public static let topic = "participant.merged.v1"

    /// Who was merged; whoever asks for it is shown the person.
    public var participantID: ParticipantID
    /// Who remains; never merged itself.
    public var intoID: ParticipantID
    /// Odd: the counterpart, ``ParticipantUnmerged``, has the even ones.
    public var version: Int?
    public var mergedAt: Instant

    public var key: String { participantID.description }

    public init(participantID: ParticipantID, intoID: ParticipantID, version: Int, mergedAt: Instant) {
        self.participantID = participantID
        self.intoID = intoID
        self.version = version
        self.mergedAt = mergedAt
    }
}

/// A merge was wrong: they are two again, each with what is stored under its own id.
public struct ParticipantUnmerged: Event {
    public static let topic = "participant.unmerged.v1"

    /// Who had been merged.
    public var participantID: ParticipantID
    /// Who had remained.
    public var fromID: ParticipantID
    /// Even, see ``ParticipantMerged/version``.
    public var version: Int?
    public var unmergedAt: Instant

    public var key: String { participantID.description }

    public init(participantID: ParticipantID, fromID: ParticipantID, version: Int, unmergedAt: Instant) {
        self.participantID = participantID
        self.fromID = fromID
        self.version = version
        self.unmergedAt = unmergedAt
    }
}

/// Who a participant is was erased: what other services hold of them in words goes, too, as far as it may say who it was.
/// Published by `referrals` for each id of the person.
public struct ParticipantErased: Event {
    public static let topic = "participant.erased.v1"

    public var participantID: ParticipantID
    public var version: Int?
    public var erasedAt: Instant

    public var key: String { participantID.description }

    public init(participantID: ParticipantID, version: Int, erasedAt: Instant) {
        self.participantID = participantID
        self.version = version
        self.erasedAt = erasedAt
    }
}
