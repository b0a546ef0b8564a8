public import Models

/// What is wrong with a request beyond its shape: where, as a JSON pointer, and what would be right.
public struct Fault: Hashable, Sendable {
    public let pointer: String
    public let detail: String

    public init(_ pointer: String, _ detail: String) {
        self.pointer = pointer
        self.detail = detail
    }
}

extension ReferralRequest {
    /// The programmes that a sender may ask for.
    public static let programmes: Set<ProgrammeCode> = [
        .overdoseFollowUp, .criticalTimeIntervention, .recoveryCheckUps,
    ]

    /// What is wrong with it; empty when it can be taken.
    public var faults: [Fault] {
        var found: [Fault] = []
        if !Setting.known.contains(setting) {
            let known = Setting.known.map(\.rawValue).sorted().joined(separator: ", ")
            found.append(Fault("/setting", "one of \(known)"))
        }
        if !Self.programmes.contains(programme) {
            let known = Self.programmes.map(\.rawValue).sorted().joined(separator: ", ")
            found.append(Fault("/programme", "one of \(known)"))
        }
        if let callback, !(1...200).contains(callback.count) {
            found.append(Fault("/callback", "1 to 200 characters"))
        }
        if languages.count > 10 { found.append(Fault("/languages", "at most 10")) }
        for (index, language) in languages.enumerated() where !Self.isLanguageTag(language) {
            found.append(Fault("/languages/\(index)", "a language tag such as es or pt-BR (BCP 47)"))
        }
        if let peerGenderWish, !Self.isCode(peerGenderWish) {
            found.append(Fault("/peerGenderWish", "a code of the agency: small letters, digits and hyphens"))
        }
        if let releaseOn, !setting.isCustody || releaseOn.year < 2000 {
            found.append(Fault("/releaseOn", "a date, for somebody in prison, in jail or before a treatment court"))
        }
        return found
    }

    static func isLanguageTag(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard let language = parts.first, (2...3).contains(language.utf8.count), text.utf8.count <= 35,
            language.allSatisfy({ $0.isASCII && $0.isLetter })
        else { return false }
        return parts.allSatisfy {
            (1...8).contains($0.utf8.count) && $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
        }
    }

    static func isCode(_ text: String) -> Bool {
        (1...40).contains(text.utf8.count)
            && text.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-") }
    }
}

extension PersonIdentity {
    /// What is wrong with it, with pointers below `/person`.
    ///
    /// Little is refused: half an identity from a busy desk is worth more than none. A phone that cannot be dialled is
    /// kept as it was said.
    public func faults(today: CivilDate) -> [Fault] {
        var found: [Fault] = []
        let texts = [("givenName", givenName, 100), ("familyName", familyName, 100), ("phone", phone, 50)]
        for (name, text, limit) in texts + [("address", address, 500), ("postalCode", postalCode, 20)] {
            if let text, text.nonBlank == nil || text.count > limit {
                found.append(Fault("/person/\(name)", "1 to \(limit) characters"))
            }
        }
        if let birthDate, birthDate > today || birthDate.year < 1900 {
            found.append(Fault("/person/birthDate", "a date from 1900 to today"))
        }
        if identifiers.count > 20 { found.append(Fault("/person/identifiers", "at most 20")) }
        for (index, identifier) in identifiers.enumerated()
        where identifier.value.nonBlank == nil || identifier.value.count > 100 || identifier.system.count > 300 {
            found.append(Fault("/person/identifiers/\(index)", "a value of 1 to 100 characters"))
        }
        return found
    }
}

extension Setting {
    /// Whether somebody else decides when the person may leave.
    public var isCustody: Bool { [.prison, .jail, .treatmentCourt].contains(self) }
}
