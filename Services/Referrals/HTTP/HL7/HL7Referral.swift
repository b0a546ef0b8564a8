internal import HL7v2
internal import Models
internal import ReferralsDomain

/// A patient referral (`REF^I12`, HL7 v2.5.1 chapter 11.5) in the service's own terms.
struct HL7Referral: Sendable {
    /// The sender's number of the referral: `RF1-6`, with who gave it.
    let placerIdentifier: String
    let priority: Priority
    /// Nil where the message says nothing of it.
    let setting: Setting?
    /// The referring provider, and how to call them back.
    let callback: String?
    /// BCP 47 codes.
    let languages: [String]
    let person: PersonIdentity

    /// - Parameter scope: in front of the names of numbering systems that are the sender's own.
    /// - Throws: ``HL7Refusal`` with everything that is wrong.
    init(_ message: HL7Message, scope: String) throws(HL7Refusal) {
        var faults: [HL7Acknowledgement.Fault] = []
        func required(_ name: String) -> HL7Segment? {
            let segment = message.first(name)
            if segment == nil { faults.append(.init(location: "\(name)^1", code: 100, text: "\(name) is required")) }
            return segment
        }
        let (request, patient) = (required("RF1"), required("PID"))
        _ = required("PRD")
        let placer = request.flatMap(Self.entityIdentifier)
        if request != nil, placer == nil {
            faults.append(
                .init(location: "RF1^1^6", code: 101, text: "the originating referral identifier is required"))
        }
        for provider in message.all("PRD").enumerated() where provider.element.text(1) == nil {
            faults.append(
                .init(location: "PRD^\(provider.offset + 1)^1", code: 101, text: "the provider's role is required"))
        }
        if let patient {
            if patient.repetitions(3).allSatisfy({ $0.text() == nil }) {
                faults.append(.init(location: "PID^1^3", code: 101, text: "a patient identifier is required"))
            }
            if let born = patient.text(7), HL7DateTime(born) == nil {
                faults.append(.init(location: "PID^1^7", code: 102, text: "a date is expected: YYYYMMDD"))
            }
        }
        guard faults.isEmpty, let placer, let patient else { throw HL7Refusal(faults) }
        placerIdentifier = placer
        priority = Self.priority(request?.text(2))
        setting = Self.setting(message.first("PV1")?.text(2))
        callback = message.all("PRD").first { Self.isReferring($0) }.flatMap(Self.contact)
        languages = patient.text(15).map { [$0.lowercased()] }?.filter(Self.isLanguageTag) ?? []
        person = PersonIdentity(patient, scope: scope)
    }

    /// The sender's number of the referral that a message is about.
    ///
    /// - Throws: ``HL7Refusal`` where it has none.
    static func placerIdentifier(in message: HL7Message) throws(HL7Refusal) -> String {
        guard let placer = message.first("RF1").flatMap(entityIdentifier) else {
            throw HL7Refusal([
                .init(location: "RF1^1^6", code: 101, text: "the originating referral identifier is required")
            ])
        }
        return placer
    }

    /// `EI`: the number, and the namespace or universal id of who gave it.
    private static func entityIdentifier(_ request: HL7Segment) -> String? {
        request.text(6).map { number in
            [request.text(6, 3) ?? request.text(6, 2) ?? "", number].joined(separator: "|")
        }
    }

    /// Table 0280; what is not in it is routine.
    private static func priority(_ code: String?) -> Priority {
        switch code?.uppercased() {
        case "S": .stat
        case "A": .asap
        default: .routine
        }
    }

    /// Table 0004, as far as it says where the person is.
    private static func setting(_ code: String?) -> Setting? {
        switch code?.uppercased() {
        case "E": .emergencyDepartment
        case "I": .inpatient
        default: nil
        }
    }

    /// Table 0286: the referring provider.
    private static func isReferring(_ provider: HL7Segment) -> Bool {
        provider.repetitions(1).contains { $0.text()?.uppercased() == "RP" }
    }

    private static func contact(_ provider: HL7Segment) -> String? {
        let name = [provider.text(2, 2), provider.text(2)].compactMap(\.self).joined(separator: " ")
        let number = provider.repetitions(5).lazy.compactMap(\.phone).first
        let parts = [name.isEmpty ? nil : name, number].compactMap(\.self)
        return parts.isEmpty ? nil : String(parts.joined(separator: ", ").prefix(200))
    }

    private static func isLanguageTag(_ text: String) -> Bool {
        (2...3).contains(text.utf8.count) && text.utf8.allSatisfy { (0x61...0x7A).contains($0) }
    }
}

extension HL7Repetition {
    /// A number of an `XTN` as one dials it: area code and number where the sender has them apart, else as written.
    var phone: String? {
        if let local = text(7) {
            return [text(5).map { "+\($0)" }, text(6), local].compactMap(\.self).joined(separator: " ")
        }
        return text(1) ?? text(12)
    }
}
