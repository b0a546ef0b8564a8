internal import FoundationEssentials

/// What makes a visit to an emergency department look like an overdose: enough to ask a person to look, and no more.
///
/// The shape is `Data/overdose-rules.schema.json`. Rules look at codes and words of a visit, never at who somebody is.
public struct OverdoseRules: Codable, Hashable, Sendable {
    /// Counts up with every change: which rules suggested something is kept with it.
    public var version: Int
    /// After how many hours a suggestion that nobody took up is forgotten.
    public var lastsHours: Int
    /// Of an emergency department.
    public var visitClasses: [String]
    /// LOINC codes of observations whose text is the reason for the visit.
    public var reasonObservations: [String]
    public var codes: [CodeSystem]
    public var words: Words

    /// Codes of one system.
    public struct CodeSystem: Codable, Hashable, Sendable {
        public var system: String
        public var alsoCalled: [String]
        /// Whether a code that says no system is one of these.
        public var isAssumed: Bool?
        public var begins: [Beginning]?
        public var `is`: [String]?
    }

    /// All codes that begin so.
    public struct Beginning: Codable, Hashable, Sendable {
        public var code: String
        public var unlessSixth: [String]?
    }

    /// Words of a reason.
    public struct Words: Codable, Hashable, Sendable {
        public var phrases: [String]
        public var negations: [String]
        public var within: Int
    }

    /// The rules that come with Handrail.
    ///
    /// - Throws: `DecodingError` if the file is not of its shape, which a test keeps from happening.
    public static func standard() throws -> OverdoseRules {
        try JSONDecoder().decode(OverdoseRules.self, from: Data(PackageResources.overdose_rules_json))
    }

    /// The JSON Schema (draft 2020-12) of rules, as UTF-8.
    public static var schema: [UInt8] { PackageResources.overdose_rules_schema_json }

    /// What speaks for an overdose, in the words of the rules and never of the visit; empty where nothing does, and for
    /// visits that are none of an emergency department.
    public func signs(of visit: EmergencyVisit) -> [String] {
        guard isEmergency(visit.visitClass) else { return [] }
        let found = visit.codes.compactMap(sign) + visit.reasons.flatMap(signs)
        var seen: Set<String> = []
        return found.filter { seen.insert($0).inserted }
    }

    /// Whether a visit of this class is one of an emergency department.
    public func isEmergency(_ visitClass: String?) -> Bool {
        visitClass.map { visitClasses.contains($0.uppercased()) } ?? false
    }

    private func sign(of code: EmergencyVisit.Code) -> String? {
        let text = code.code.uppercased().filter { $0.isLetter || $0.isNumber }
        for system in codes where system.isCalled(code.system) {
            if let exact = system.is?.first(where: { $0 == text }) { return "\(system.system) \(exact)" }
            for beginning in system.begins ?? [] where text.hasPrefix(beginning.code) {
                let sixth = text.dropFirst(5).first.map(String.init)
                if let sixth, beginning.unlessSixth?.contains(sixth) == true { continue }
                return "\(system.system) \(beginning.code)"
            }
        }
        return nil
    }

    private func signs(in reason: String) -> [String] {
        var found: [String] = []
        // What is denied is denied up to the end of its part of the sentence.
        for part in reason.lowercased().split(whereSeparator: { ".,;:!?\n|/".contains($0) }) {
            let said = part.split(whereSeparator: { !$0.isLetter && !$0.isNumber }).map(String.init)
            for phrase in words.phrases {
                let wanted = phrase.split(separator: " ").map(String.init)
                for start in said.indices where said[start...].starts(with: wanted) {
                    let before = said[max(0, start - words.within)..<start]
                    if before.allSatisfy({ !words.negations.contains($0) }) { found.append("words \(phrase)") }
                }
            }
        }
        return found
    }
}

extension OverdoseRules.CodeSystem {
    fileprivate func isCalled(_ name: String?) -> Bool {
        guard let name, !name.isEmpty else { return isAssumed ?? false }
        return alsoCalled.contains { $0 == name || $0 == name.uppercased() }
    }
}

/// What a sender says of a visit, as far as rules look at it.
public struct EmergencyVisit: Hashable, Sendable {
    /// A diagnosis or reason as a code.
    public struct Code: Hashable, Sendable {
        /// What the sender calls the system; nil where it does not say.
        public var system: String?
        public var code: String

        public init(system: String?, code: String) {
            (self.system, self.code) = (system, code)
        }
    }

    /// `E` (HL7 table 0004), `EMER` (v3-ActCode).
    public var visitClass: String?
    public var codes: [Code]
    /// Free text: why somebody came.
    public var reasons: [String]

    public init(visitClass: String?, codes: [Code] = [], reasons: [String] = []) {
        (self.visitClass, self.codes, self.reasons) = (visitClass, codes, reasons)
    }
}
