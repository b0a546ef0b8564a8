internal import JSON

/// Labels of `meta.security` for records under 42 CFR Part 2 (HL7 DS4P).
public enum SecurityLabel {
    /// v3-Confidentiality, from the least to the most restrictive.
    public enum Confidentiality: String, CaseIterable, Comparable, Hashable, Sendable {
        case unrestricted = "U"
        case low = "L"
        case moderate = "M"
        case normal = "N"
        /// All records of a Part 2 programme.
        case restricted = "R"
        /// Counselling notes, domestic violence, justice.
        case veryRestricted = "V"

        public static func < (left: Self, right: Self) -> Bool {
            (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
        }

        /// As a coding of `meta.security`.
        public var coding: R4.Coding {
            R4.Coding(system: CodeTables.published.system(of: .confidentiality), code: rawValue, display: display)
        }

        private var display: String {
            switch self {
            case .unrestricted: "unrestricted"
            case .low: "low"
            case .moderate: "moderate"
            case .normal: "normal"
            case .restricted: "restricted"
            case .veryRestricted: "very restricted"
            }
        }
    }

    /// v3-ActCode labels that we set or understand.
    public enum Mark: String, CaseIterable, Hashable, Sendable {
        /// Substance abuse information, of any kind; alcohol or other; opioids.
        case substance = "ETH"
        case substanceUseDisorder = "ETHUD"
        case opioidUseDisorder = "OPIOIDUD"
        case psychiatry = "PSY"
        case hiv = "HIV"
        case sexuality = "SEX"
        /// The rule that protects it.
        case part2 = "42CFRPart2"
        /// No disclosure without consent directive; no redisclosure without it.
        case noDisclosureWithoutConsent = "NODSCLCD"
        case noRedisclosureWithoutConsent = "NORDSCLCD"

        static let system = "http://terminology.hl7.org/CodeSystem/v3-ActCode"

        /// As a coding of `meta.security`.
        public var coding: R4.Coding { R4.Coding(system: Self.system, code: rawValue) }
    }

    /// What every record of a Part 2 programme carries.
    public static let part2: [R4.Coding] = [
        Confidentiality.restricted.coding, Mark.substanceUseDisorder.coding, Mark.part2.coding,
        Mark.noRedisclosureWithoutConsent.coding,
    ]

    /// The label of a whole: the most restrictive confidentiality of its parts and every other label once.
    public static func combined(_ parts: some Sequence<[R4.Coding]>) -> [R4.Coding] {
        let all = parts.flatMap(\.self)
        var confidentiality: Confidentiality?
        var others: [R4.Coding] = []
        for coding in all {
            if let level = level(of: coding) {
                confidentiality = max(confidentiality ?? level, level)
            } else if !others.contains(where: { $0.system == coding.system && $0.code == coding.code }) {
                others.append(coding)
            }
        }
        return (confidentiality.map { [$0.coding] } ?? []) + others
    }

    /// The confidentiality that a coding gives, nil for labels of other kinds.
    public static func level(of coding: R4.Coding) -> Confidentiality? {
        guard coding.system == CodeTables.published.system(of: .confidentiality) else { return nil }
        return coding.code.flatMap(Confidentiality.init(rawValue:))
    }
}

extension FHIRDocument {
    /// The labels in `meta.security`.
    public var securityLabels: [R4.Coding] {
        (self[["meta", "security"]]?.array ?? []).compactMap { value in
            guard let object = value.object else { return nil }
            return R4.Coding(
                system: object["system"]?.string, code: object["code"]?.string, display: object["display"]?.string
            )
        }
    }

    /// The document with these labels beside those it has; the more restrictive confidentiality stays.
    public func labelled(_ labels: [R4.Coding]) -> FHIRDocument {
        let combined = SecurityLabel.combined([securityLabels, labels])
        guard !combined.isEmpty else { return self }
        return setting(["meta", "security"], to: .array(combined.map(\.json)))
    }
}
