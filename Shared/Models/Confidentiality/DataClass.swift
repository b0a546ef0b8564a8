/// What a route discloses or an audit row says was disclosed: the classes that consents and redisclosure rules name
/// (42 CFR 2.11–2.33, HL7 information sensitivity codes; FACTS §8.6).
public enum DataClass: String, Codable, CaseIterable, Hashable, Sendable {
    /// That somebody is a participant at all: protected in itself (42 CFR 2.13(c)).
    case presence
    /// Name, birth date, address, phone, identifiers.
    case identity
    case referral
    case contact
    case note
    /// SUD counselling notes: a consent of their own (42 CFR 2.31(b)).
    case counsellingNote = "counselling-note"
    case assessment
    case medication
    case justice
    case hiv
    case domesticViolence = "domestic-violence"
    case location
    /// What a peer keeps to themselves: not shared by default.
    case peerPrivate = "peer-private"
}
