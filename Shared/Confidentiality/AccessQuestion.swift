public import Models

/// What somebody wants to know or have disclosed, with everything that decides whether they may.
///
/// It is made anew for each request, search, export, webhook and message that leaves an agency, from what is stored at
/// that moment: a consent that was revoked a second ago is not in it.
public struct AccessQuestion: Sendable {
    /// How the agency is bound by law; nil where it is not configured, and then everything is refused.
    public var agency: AgencyLaw?
    public var requester: Requester
    public var purpose: PurposeOfUse
    /// The classes that the whole answer would hold. Empty where it is about nobody.
    public var classes: Set<DataClass>
    /// Whom it is about; nil where it is about nobody, or about counts only.
    public var participant: Participant?
    public var at: Instant
    /// The emergency that was documented for this question (42 CFR 2.51).
    public var emergency: Emergency?

    public init(
        agency: AgencyLaw?, requester: Requester, purpose: PurposeOfUse, classes: Set<DataClass>,
        participant: Participant?,
        at: Instant, emergency: Emergency? = nil
    ) {
        self.agency = agency
        self.requester = requester
        self.purpose = purpose
        self.classes = classes
        self.participant = participant
        self.at = at
        self.emergency = emergency
    }
}

/// Which laws bind an agency: set for each by whoever deploys it, never assumed (FACTS §8.1).
public struct AgencyLaw: Hashable, Sendable {
    public var agencyID: AgencyID
    /// Federally assisted, and holds itself out as providing treatment or referral for treatment (42 CFR 2.11).
    public var isPart2Program: Bool
    public var isCoveredEntity: Bool

    public init(agencyID: AgencyID, isPart2Program: Bool, isCoveredEntity: Bool) {
        self.agencyID = agencyID
        self.isPart2Program = isPart2Program
        self.isCoveredEntity = isCoveredEntity
    }
}

/// Who asks, as a verified token says.
public struct Requester: Hashable, Sendable {
    public var agencyID: AgencyID
    public var role: Role
    /// The token's subject: a person or a program, by an id that names nobody.
    public var subject: String
    /// The organisation outside the agency on whose behalf it asks; nil for the agency's own people and participants.
    public var organisation: Organisation?

    public init(agencyID: AgencyID, role: Role, subject: String, organisation: Organisation? = nil) {
        self.agencyID = agencyID
        self.role = role
        self.subject = subject
        self.organisation = organisation
    }

    /// Whether what it is told leaves the programme.
    public var isOutside: Bool { role == .partner }
}

/// An organisation outside the agency.
public struct Organisation: Hashable, Sendable {
    /// What it is to the law.
    public enum Kind: String, Codable, CaseIterable, Hashable, Sendable {
        /// A treating provider: hospitals, clinics.
        case provider
        case healthPlan = "health-plan"
        /// Courts, probation, prisons and jails (42 CFR 2.35).
        case justice
        /// An exchange that passes records on (42 CFR 2.24).
        case intermediary
        case other

        /// What such an organisation asks for, unless it says otherwise.
        public var usualPurpose: PurposeOfUse {
            switch self {
            case .provider, .intermediary, .other: .treatment
            case .healthPlan: .payment
            case .justice: .justice
            }
        }
    }

    public var partnerID: PartnerID
    public var kind: Kind

    public init(partnerID: PartnerID, kind: Kind) {
        self.partnerID = partnerID
        self.kind = kind
    }
}

/// The participant whom a question is about, with what was looked up of them for it.
public struct Participant: Sendable {
    public var agencyID: AgencyID
    public var participantID: ParticipantID
    public var relationship: Relationship
    /// What they consented to. Needed only where the requester is outside.
    public var consents: [ConsentTerms]
    /// Whether that is all of it: false where consents are known from messages, and those are late or stuck.
    public var consentsAreCurrent: Bool
    /// What the agency agreed not to do (42 CFR 2.26, 45 CFR 164.522).
    public var restrictions: [Restriction]

    public init(
        agencyID: AgencyID, participantID: ParticipantID, relationship: Relationship, consents: [ConsentTerms] = [],
        consentsAreCurrent: Bool = true, restrictions: [Restriction] = []
    ) {
        self.agencyID = agencyID
        self.participantID = participantID
        self.relationship = relationship
        self.consents = consents
        self.consentsAreCurrent = consentsAreCurrent
        self.restrictions = restrictions
    }
}

/// What connects a requester with a participant.
public enum Relationship: String, Codable, CaseIterable, Hashable, Sendable {
    /// Works for the whole agency that the participant belongs to.
    case agency
    /// Is the peer who stands by them now.
    case assigned
    /// Is the participant.
    case own
    /// Sent the referral that is asked about; it knows what it sent.
    case sender
    /// Is named by a consent, and by nothing else.
    case named
    /// Keeps the installation's database.
    case custodian
    /// Another process of this suite, acting on a message.
    case suite
    case none
}
