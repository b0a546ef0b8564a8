public import Confidentiality

extension Partner.Kind {
    /// What it is to the law.
    public var organisationKind: Organisation.Kind {
        switch self {
        case .hospital, .clinic: .provider
        case .healthPlan: .healthPlan
        case .court, .prison, .jail: .justice
        case .exchange: .intermediary
        case .school, .employer, .community, .other: .other
        }
    }
}
