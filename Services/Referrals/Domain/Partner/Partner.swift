public import Models

/// An organisation that refers people to the agency.
public struct Partner: Hashable, Sendable {
    /// What sort of organisation it is.
    public enum Kind: String, Codable, CaseIterable, Hashable, Sendable {
        case hospital, clinic, court, prison, jail, school, employer, community
        case healthPlan = "health-plan"
        /// Passes records on between others (42 CFR 2.24).
        case exchange
        case other
    }

    /// Whether its requests are taken.
    public enum Status: String, Codable, CaseIterable, Hashable, Sendable {
        case active, disabled
    }

    public let partnerID: PartnerID
    public var version: Int
    public var name: String
    public var kind: Kind
    public var intakePolicy: IntakePolicy
    public var status: Status
    /// Where changes of its referrals are announced; nil when it polls.
    public var webhookURL: String?

    public init(
        partnerID: PartnerID, version: Int = 1, name: String, kind: Kind, intakePolicy: IntakePolicy,
        status: Status = .active, webhookURL: String? = nil
    ) {
        self.partnerID = partnerID
        self.version = version
        self.name = name
        self.kind = kind
        self.intakePolicy = intakePolicy
        self.status = status
        self.webhookURL = webhookURL
    }
}

extension Partner {
    /// Where somebody is whom it refers without saying where: by what sort of organisation it is. Never an emergency:
    /// that, the sender has to say.
    public var usualSetting: Setting {
        switch kind {
        case .hospital: .inpatient
        case .clinic: .treatmentClinic
        case .court: .treatmentCourt
        case .prison: .prison
        case .jail: .jail
        case .school: .school
        case .employer: .workplace
        case .community: .streetOutreach
        case .healthPlan, .exchange, .other: .primaryCare
        }
    }
}
