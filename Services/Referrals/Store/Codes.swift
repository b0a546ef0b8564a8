public import Postgres
public import ReferralsDomain

// The domain's codes are stored as their text; the schema checks the same lists.
extension ReferralStatus: PostgresEncodable, PostgresDecodable {}
extension BusinessStatus: PostgresEncodable, PostgresDecodable {}
extension Referral.Party: PostgresEncodable, PostgresDecodable {}
extension Awaited.Step: PostgresEncodable, PostgresDecodable {}
extension Partner.Kind: PostgresEncodable, PostgresDecodable {}
extension Partner.Status: PostgresEncodable, PostgresDecodable {}
extension IntakePolicy: PostgresEncodable, PostgresDecodable {}
extension IndexKey.Kind: PostgresEncodable, PostgresDecodable {}
extension EmergencyOutcome: PostgresEncodable, PostgresDecodable {}
extension RestrictionRequest.Status: PostgresEncodable, PostgresDecodable {}
extension AmendmentRequest.Status: PostgresEncodable, PostgresDecodable {}
extension IdentityReview.Kind: PostgresEncodable, PostgresDecodable {}
extension IdentityReview.Decision: PostgresEncodable, PostgresDecodable {}
extension ProgrammeCapacity.Status: PostgresEncodable, PostgresDecodable {}
extension Subscription.Status: PostgresEncodable, PostgresDecodable {}
extension Subscription.Topic: PostgresEncodable, PostgresDecodable {}
extension OnwardReferral.Status: PostgresEncodable, PostgresDecodable {}
extension Consent.Purpose: PostgresEncodable, PostgresDecodable {}
extension Consent.Signature.Signer: PostgresEncodable, PostgresDecodable {}
extension Consent.Signature.Method: PostgresEncodable, PostgresDecodable {}
extension Consent.Revocation.Method: PostgresEncodable, PostgresDecodable {}
extension Bed.Service: PostgresEncodable, PostgresDecodable {}
extension Placement.Side: PostgresEncodable, PostgresDecodable {}

/// Whom a bed is for is stored as one text: `women/single`.
extension BedKind: PostgresEncodable, PostgresDecodable {
    public static var postgresType: PostgresType { .text }
    public func encode(postgres bytes: inout [UInt8]) { description.encode(postgres: &bytes) }
    public init?(postgres cell: Cell) {
        guard let text = String(postgres: cell) else { return nil }
        self.init(text)
    }
}
extension Need.Outcome: PostgresEncodable, PostgresDecodable {}
extension LinkageCatalogue.Reason.Side: PostgresEncodable, PostgresDecodable {}
extension LinkageCheck.Answer: PostgresEncodable, PostgresDecodable {}
extension NaloxoneKit.Recipient: PostgresEncodable, PostgresDecodable {}
extension Spending.Form: PostgresEncodable, PostgresDecodable {}
extension Spending.Status: PostgresEncodable, PostgresDecodable {}
extension DispatchSuggestion.Status: PostgresEncodable, PostgresDecodable {}
extension DispatchSuggestion.Dismissal: PostgresEncodable, PostgresDecodable {}
extension DispatchSuggestion.ConsentSituation: PostgresEncodable, PostgresDecodable {}
