/// Consents that the rule keeps apart: none of these is ever combined with another.
public enum ConsentKind: String, Codable, CaseIterable, Hashable, Sendable {
    case disclosure
    /// Counselling notes need a consent of their own (42 CFR 2.31(b)).
    case counsellingNotes = "counselling-notes"
    /// Use in a proceeding against the person (42 CFR 2.31(d)).
    case legalProceeding = "legal-proceeding"
    /// To those who referred from the criminal justice system (42 CFR 2.35).
    case criminalJustice = "criminal-justice"
}
