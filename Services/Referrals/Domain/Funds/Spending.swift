public import Models

public typealias SpendingID = ID<Spending>

/// Money, or material by its value, for one person: reserved, then spent or released.
public struct Spending: Hashable, Sendable {
    public enum Status: String, Codable, CaseIterable, Hashable, Sendable {
        case reserved, spent, released
    }

    public enum Form: String, Codable, CaseIterable, Hashable, Sendable {
        case money, material
    }

    public let spendingID: SpendingID
    public let fundID: FundID
    public let participantID: ParticipantID
    public let linkageID: LinkageID?
    public private(set) var version: Int
    /// A code of ``LinkageCatalogue/spendings``.
    public let kind: String
    public let form: Form
    /// What stands against the fund: nothing once it is released.
    public private(set) var amountCents: Int
    public private(set) var status: Status
    public private(set) var hasReceipt: Bool
    public let reservedAt: Instant
    public let reservedBy: String
    public private(set) var settledAt: Instant?
    public private(set) var settledBy: String?

    public init(
        spendingID: SpendingID, fundID: FundID, participantID: ParticipantID, linkageID: LinkageID?, version: Int = 1,
        kind: String, form: Form, amountCents: Int, status: Status = .reserved, hasReceipt: Bool = false,
        reservedAt: Instant, reservedBy: String, settledAt: Instant? = nil, settledBy: String? = nil
    ) {
        (self.spendingID, self.fundID, self.participantID) = (spendingID, fundID, participantID)
        (self.linkageID, self.version, self.kind, self.form) = (linkageID, version, kind, form)
        (self.amountCents, self.status, self.hasReceipt) = (amountCents, status, hasReceipt)
        (self.reservedAt, self.reservedBy) = (reservedAt, reservedBy)
        (self.settledAt, self.settledBy) = (settledAt, settledBy)
    }

    /// Why a spending is not changed so.
    public enum Refusal: Error, Hashable, Sendable {
        case notPossible(from: Status, to: Status)
        /// More than was reserved: reserve the rest first.
        case moreThanReserved
    }

    /// It was paid or handed over; what was not needed goes back.
    ///
    /// - Parameter cents: nil for what was reserved.
    /// - Returns: what goes back to the fund.
    /// - Throws: ``Refusal``.
    public mutating func spend(
        _ cents: Int?, hasReceipt: Bool, by subject: String, at instant: Instant
    ) throws(Refusal) -> Int {
        guard status == .reserved else { throw .notPossible(from: status, to: .spent) }
        let spent = cents ?? amountCents
        guard 0...amountCents ~= spent else { throw .moreThanReserved }
        let back = amountCents - spent
        settle(.spent, spent, by: subject, at: instant)
        self.hasReceipt = hasReceipt
        return back
    }

    /// It is not needed, or came back.
    ///
    /// - Returns: what goes back to the fund.
    /// - Throws: ``Refusal``.
    public mutating func release(by subject: String, at instant: Instant) throws(Refusal) -> Int {
        guard status != .released else { throw .notPossible(from: status, to: .released) }
        let back = amountCents
        settle(.released, 0, by: subject, at: instant)
        return back
    }

    private mutating func settle(_ status: Status, _ cents: Int, by subject: String, at instant: Instant) {
        (self.status, amountCents) = (status, cents)
        (settledAt, settledBy) = (instant, subject)
        version += 1
    }
}
