/// Why data is asked for: codes of HL7 v3 PurposeOfUse (FACTS §8.6).
public enum PurposeOfUse: String, Codable, CaseIterable, Hashable, Sendable {
    case treatment = "TREAT"
    case emergencyTreatment = "ETREAT"
    case payment = "HPAYMT"
    case operations = "HOPERAT"
    case research = "HRESCH"
    case patientRequest = "PATRQT"
    case publicHealth = "PUBHLTH"
    /// A court, a probation or a parole office to which the person's support is a condition (42 CFR 2.35).
    case justice = "HLEGAL"
    case breakGlass = "BTG"
}
