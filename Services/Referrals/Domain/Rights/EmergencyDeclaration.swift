public import Models

/// What is documented before anything is told in a medical emergency: the four things that 42 CFR 2.51(c) asks for.
/// The discloser and the time are those of the request.
public struct EmergencyDeclaration: Hashable, Sendable {
    /// The medical personnel who receive, by name.
    public var recipientName: String
    /// The facility that they belong to.
    public var recipientAffiliation: String
    /// The subject of the token of whoever tells.
    public var disclosedBy: String
    public var declaredAt: Instant
    /// What the emergency is, in words.
    public var nature: String

    public init(
        recipientName: String, recipientAffiliation: String, disclosedBy: String, declaredAt: Instant, nature: String
    ) {
        self.recipientName = recipientName
        self.recipientAffiliation = recipientAffiliation
        self.disclosedBy = disclosedBy
        self.declaredAt = declaredAt
        self.nature = nature
    }

    /// For how long something is told under one declaration; whoever needs it longer declares again.
    public static let lasts = Duration.seconds(3600)

    /// What is missing, by the property of the request; empty where it is whole.
    public var faults: [(property: String, detail: String)] {
        var found: [(String, String)] = []
        if !(2...200).contains(recipientName.nonBlank?.count ?? 0) {
            found.append(("recipientName", "42 CFR 2.51(c)(1): who receives, in 2 to 200 characters"))
        }
        if !(2...200).contains(recipientAffiliation.nonBlank?.count ?? 0) {
            found.append(("recipientAffiliation", "42 CFR 2.51(c)(1): of which facility, in 2 to 200 characters"))
        }
        if !(5...1000).contains(nature.nonBlank?.count ?? 0) {
            found.append(("nature", "42 CFR 2.51(c)(4): what the emergency is, in 5 to 1000 characters"))
        }
        return found
    }
}

/// What the privacy officer finds when looking at an emergency afterwards.
public enum EmergencyOutcome: String, Codable, CaseIterable, Hashable, Sendable {
    case justified
    /// To be dealt with as a breach (42 CFR 2.16, 45 CFR 164.402).
    case notJustified = "not-justified"
}
