public import Models

/// How somebody gets to what they need. Where from and where to is said by telephone, and not kept.
public struct Ride: Hashable, Sendable {
    /// What became of it, as the linkage says.
    public enum Outcome: String, Codable, CaseIterable, Hashable, Sendable {
        case completed
        case noShow = "no-show"
        case cancelled
    }

    /// A code of ``LinkageCatalogue/ridePurposes``.
    public let purpose: String
    /// A code of ``LinkageCatalogue/rideModes``.
    public let mode: String
    public let pickUpFrom: Instant
    public let pickUpUntil: Instant
    /// What it is expected to cost.
    public let costCents: Int?
    /// The fund that pays.
    public let fundID: FundID?
    public let appointmentID: AppointmentID?

    public init(
        purpose: String, mode: String, pickUpFrom: Instant, pickUpUntil: Instant, costCents: Int?, fundID: FundID?,
        appointmentID: AppointmentID?
    ) {
        (self.purpose, self.mode) = (purpose, mode)
        (self.pickUpFrom, self.pickUpUntil) = (pickUpFrom, pickUpUntil)
        (self.costCents, self.fundID, self.appointmentID) = (costCents, fundID, appointmentID)
    }

    /// What became of a ride whose linkage stands here; nil while it is ahead.
    public static func outcome(_ status: LinkageStatus, _ refused: Linkage.Refused?) -> Outcome? {
        switch status {
        case .admitted, .attended, .sustained, .ended, .needMet: .completed
        case .withdrawn: .cancelled
        case .refused: refused?.reason == "no-show" ? .noShow : .cancelled
        case .offered, .contacted: nil
        }
    }

    /// What is wrong with it, at these places of a request.
    public func faults(_ catalogue: LinkageCatalogue, at pointer: String) -> [Fault] {
        var found: [Fault] = []
        if !catalogue.ridePurposes.has(purpose) {
            found.append(Fault("\(pointer)/purpose", catalogue.ridePurposes.oneOf))
        }
        if !catalogue.rideModes.has(mode) { found.append(Fault("\(pointer)/mode", catalogue.rideModes.oneOf)) }
        let window = pickUpUntil - pickUpFrom
        if window < .zero || window > .seconds(86_400) {
            found.append(Fault("\(pointer)/pickUpUntil", "at most a day after pickUpFrom"))
        }
        if let costCents, !(0...10_000_000).contains(costCents) {
            found.append(Fault("\(pointer)/costCents", "0 to 10,000,000"))
        }
        if fundID != nil, (costCents ?? 0) == 0 {
            found.append(Fault("\(pointer)/costCents", "what the fund is to pay"))
        }
        return found
    }
}
