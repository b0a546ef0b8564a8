/// Whether a new referral waits for a person to look at it.
public enum IntakePolicy: String, Codable, CaseIterable, Hashable, Sendable {
    /// Accepted as it arrives.
    case auto
    /// A coordinator accepts or rejects.
    case review

    /// Whether a referral is accepted at once. An emergency never waits: a peer is owed at the bedside within the hour
    /// (FACTS §5.2), and nobody is rejected from an emergency department by a form.
    public func accepts(_ request: ReferralRequest) -> Bool {
        request.isEmergency || self == .auto
    }
}
