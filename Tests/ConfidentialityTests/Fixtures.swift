import Confidentiality
import Models

extension ID {
    static func fixed(_ number: Int) -> Self {
        guard let id = Self("00000000-0000-7000-8000-\(String(1_000_000_000_000 + number).dropFirst())") else {
            preconditionFailure("not a UUID")
        }
        return id
    }
}

extension Instant {
    static let noon = Instant(unixSeconds: 1_790_000_000)
}

/// A question that is allowed, to be changed in one place.
struct Asking {
    static let agency = AgencyID.fixed(1)
    static let hospital = PartnerID.fixed(11)
    static let person = ParticipantID.fixed(9)

    var law: AgencyLaw? = AgencyLaw(agencyID: agency, isPart2Program: true, isCoveredEntity: true)
    var requesterAgency = agency
    var role = Role.partner
    var subject = "client"
    var organisation: Organisation? = Organisation(partnerID: hospital, kind: .provider)
    var purpose = PurposeOfUse.treatment
    var classes: Set<DataClass> = [.presence, .referral]
    var participantAgency = agency
    var relationship = Relationship.sender
    var consents = [ConsentTerms.toHospital]
    var areCurrent = true
    var restrictions: [Restriction] = []
    var emergency: Emergency?
    var hasParticipant = true

    init(_ change: (inout Asking) -> Void = { _ in }) { change(&self) }

    /// Somebody of the agency's own.
    static func inside(_ role: Role, _ relationship: Relationship, _ change: (inout Asking) -> Void = { _ in })
        -> Asking
    {
        Asking {
            $0.role = role
            $0.organisation = nil
            $0.relationship = relationship
            $0.consents = []
            if role == .participant { $0.purpose = .patientRequest }
            if role == .operator || role == .privacyOfficer { $0.purpose = .operations }
            change(&$0)
        }
    }

    var question: AccessQuestion {
        AccessQuestion(
            agency: law,
            requester: Requester(
                agencyID: requesterAgency, role: role, subject: subject, organisation: organisation),
            purpose: purpose, classes: classes,
            participant: hasParticipant
                ? Participant(
                    agencyID: participantAgency, participantID: Self.person, relationship: relationship,
                    consents: consents, consentsAreCurrent: areCurrent, restrictions: restrictions) : nil,
            at: .noon, emergency: emergency
        )
    }

    func decision() throws -> Decision { try AccessRules.builtIn().decide(question) }
}

extension ConsentTerms {
    static let toHospital = ConsentTerms(
        consentID: .fixed(1), recipient: .organisation(Asking.hospital), purposes: [.treatment],
        classes: [.referral, .contact], signedAt: .noon - .seconds(3600), expiresAt: .noon + .seconds(3600))

    func with(_ change: (inout ConsentTerms) -> Void) -> ConsentTerms {
        var changed = self
        change(&changed)
        return changed
    }
}
