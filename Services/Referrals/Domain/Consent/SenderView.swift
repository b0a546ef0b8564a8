public import Confidentiality
public import Models

/// What the sender of a referral may see of it.
///
/// With a consent that names the sender: how the referral goes. Without: accepted or rejected, and what the sender did
/// itself, no more (FACTS §8.6); no time, version or reason lets it guess the rest.
public struct SenderView: Hashable, Sendable {
    public let status: ReferralStatus
    public let businessStatus: BusinessStatus
    public let statusReason: String?
    public let closingReason: ClosingReason?
    /// Whether it tells how the referral goes; false for the bare view.
    public let tellsProgress: Bool

    /// - Parameter permit: what the sender may be told of the person; nil where nobody is to be told anything.
    public init(of referral: Referral, under permit: Permit?) {
        tellsProgress = permit?.allows(.referral) ?? false
        if tellsProgress {
            status = referral.status
            businessStatus = referral.businessStatus
            statusReason = referral.statusReason
            closingReason = referral.closingReason
            return
        }
        closingReason = nil
        status = Self.bareStatus(of: referral)
        businessStatus =
            switch status {
            case .draft, .requested: .created
            case .rejected: .declined
            case .cancelled: .fulfillmentCancelled
            default: referral.acceptedAt == nil ? .created : .accepted
            }
        // A rejection says why, because Gravity requires a text; the agency's own words stay inside.
        statusReason =
            switch status {
            case .rejected: "The agency cannot take on this referral."
            case .cancelled: "Cancelled."
            default: nil
            }
    }

    /// What was shown earlier, as it was kept.
    public init(
        status: ReferralStatus, businessStatus: BusinessStatus, statusReason: String?, closingReason: ClosingReason?,
        tellsProgress: Bool
    ) {
        (self.status, self.businessStatus) = (status, businessStatus)
        (self.statusReason, self.closingReason) = (statusReason, closingReason)
        self.tellsProgress = tellsProgress
    }

    /// Accepted stands for everything after acceptance that the sender did not do itself.
    private static func bareStatus(of referral: Referral) -> ReferralStatus {
        switch referral.status {
        case .draft, .requested, .accepted, .rejected, .enteredInError: referral.status
        case .cancelled: referral.acceptedAt == nil || referral.wasCancelledBySender ? .cancelled : .accepted
        case .inProgress, .onHold, .failed, .completed: .accepted
        }
    }

    /// Whether the sender sees the same: the consent behind it is not part of what is seen.
    public func looksLike(_ other: SenderView) -> Bool {
        (status, businessStatus) == (other.status, other.businessStatus)
            && (statusReason, closingReason) == (other.statusReason, other.closingReason)
    }
}
