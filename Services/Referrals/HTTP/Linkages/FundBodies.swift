internal import Models
internal import ReferralsDomain
internal import ServiceKit

/// What may be spent on one kind.
struct FundKindBody: Codable, Sendable {
    var kind: String
    var capCents: Int?
    var personCapCents: Int?

    var kindOfFund: Fund.Kind { Fund.Kind(kind: kind, capCents: capCents, personCapCents: personCapCents) }
}

/// `POST /v1/funds`.
struct FundBody: Decodable, Sendable {
    var name: String
    var amountCents: Int
    var personCapCents: Int?
    /// Left out, it is for everything.
    var kinds: [FundKindBody]?
    var startsOn: CivilDate
    var endsOn: CivilDate

    func fund(as id: FundID) -> Fund {
        Fund(
            fundID: id, name: name, amountCents: amountCents, personCapCents: personCapCents,
            kinds: (kinds ?? []).map(\.kindOfFund), startsOn: startsOn, endsOn: endsOn)
    }
}

/// `PUT /v1/funds/{fundID}`: the whole of it; a cap that is left out is no cap.
struct FundTermsBody: Decodable, Sendable {
    var amountCents: Int
    var personCapCents: Int?
    /// Those that it has.
    var kinds: [FundKindBody]?
    var startsOn: CivilDate
    var endsOn: CivilDate

    var terms: Fund.Terms {
        Fund.Terms(
            amountCents: amountCents, personCapCents: personCapCents, kinds: (kinds ?? []).map(\.kindOfFund),
            startsOn: startsOn, endsOn: endsOn)
    }
}

/// A fund as it is shown.
struct FundView: Encodable {
    let fundID: FundID
    let name: String
    let amountCents: Int
    /// Reserved and spent.
    let committedCents: Int
    let leftCents: Int
    let personCapCents: Int?
    let kinds: [FundKindBody]
    let startsOn: CivilDate
    let endsOn: CivilDate
    let closedAt: Instant?
    let version: Int

    init(_ fund: Fund) {
        (fundID, name, amountCents) = (fund.fundID, fund.name, fund.amountCents)
        (committedCents, leftCents) = (fund.committedCents, fund.amountCents - fund.committedCents)
        personCapCents = fund.personCapCents
        kinds = fund.kinds.map {
            FundKindBody(kind: $0.kind, capCents: $0.capCents, personCapCents: $0.personCapCents)
        }
        (startsOn, endsOn, closedAt, version) = (fund.startsOn, fund.endsOn, fund.closedAt, fund.version)
    }
}

/// What a fund paid or is to pay, as it is shown to whoever sees funds: nothing in it leads to anybody.
struct FundSpendingView: Encodable {
    let spendingID: SpendingID
    let kind: String
    let form: Spending.Form
    let amountCents: Int
    let status: Spending.Status
    let hasReceipt: Bool
    let reservedAt: Instant
    let settledAt: Instant?
    /// For `If-Match`, where the office settles it.
    let version: Int

    init(_ spending: FundSpending) {
        (spendingID, kind, form) = (spending.spendingID, spending.kind, spending.form)
        (amountCents, status, hasReceipt) = (spending.amountCents, spending.status, spending.hasReceipt)
        (reservedAt, settledAt, version) = (spending.reservedAt, spending.settledAt, spending.version)
    }
}
