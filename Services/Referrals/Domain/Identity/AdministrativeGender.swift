/// The gender that an organisation's records say, in the codes of FHIR. It may change, and says nothing of whom somebody
/// wants as a peer: that is the referral's wish.
public enum AdministrativeGender: String, Codable, CaseIterable, Hashable, Sendable {
    case male, female, other, unknown
}
