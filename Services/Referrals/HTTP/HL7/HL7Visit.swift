internal import HL7v2
internal import Models
internal import ReferralsDomain

/// A visit as an ADT message tells of it (HL7 v2.5.1 chapter 3), as far as suggestions need it.
struct HL7Visit: Sendable {
    /// The events that are looked at: admitted, discharged, registered, corrected.
    static let events: Set = ["A01", "A03", "A04", "A08"]

    /// What the rules look at.
    let visit: EmergencyVisit
    /// How the sender names the visit.
    let name: String
    let sentAt: Instant?
    /// Nil while the person is there, as far as the message says.
    let dischargedAt: Instant?
    private let message: HL7Message

    /// - Parameter rules: which observations are the reason for a visit.
    init(_ message: HL7Message, _ rules: OverdoseRules, now: Instant) {
        self.message = message
        let stay = message.first("PV1")
        visit = EmergencyVisit(
            visitClass: stay?.text(2), codes: Self.codes(message), reasons: Self.reasons(message, rules))
        name = Self.name(message)
        sentAt = message.header.text(7).flatMap(HL7DateTime.init)?.instant(usual: 0)
        let left = stay?.text(45).flatMap(HL7DateTime.init)?.instant(usual: 0)
        dischargedAt = message.type.event == "A03" ? left ?? sentAt ?? now : left
    }

    /// Whom it is about, and where they are.
    ///
    /// - Parameter scope: in front of the names of numbering systems that are the sender's own.
    /// - Throws: ``HL7Refusal`` where nobody is named.
    func person(scope: String) throws(HL7Refusal) -> SuggestedVisit {
        guard let patient = message.first("PID") else {
            throw HL7Refusal([.init(location: "PID^1", code: 100, text: "PID is required")])
        }
        let place = (1...3).compactMap { message.first("PV1")?.text(3, $0) }.joined(separator: ", ")
        return SuggestedVisit(
            person: PersonIdentity(patient, scope: scope), location: place.isEmpty ? nil : String(place.prefix(200)))
    }

    /// Diagnoses, and the reason that somebody was admitted for.
    private static func codes(_ message: HL7Message) -> [EmergencyVisit.Code] {
        var codes: [EmergencyVisit.Code] = []
        for diagnosis in message.all("DG1") {
            // DG1-2 is where older senders say what system it is.
            if let code = diagnosis.text(3) {
                codes.append(.init(system: diagnosis.text(3, 3) ?? diagnosis.text(2), code: code))
            }
            if let code = diagnosis.text(3, 4) { codes.append(.init(system: diagnosis.text(3, 6), code: code)) }
        }
        if let reason = message.first("PV2"), let code = reason.text(3) {
            codes.append(.init(system: reason.text(3, 3), code: code))
        }
        return codes
    }

    private static func reasons(_ message: HL7Message, _ rules: OverdoseRules) -> [String] {
        var texts: [String?] = []
        for diagnosis in message.all("DG1") { texts += [diagnosis.text(3, 2), diagnosis.text(4)] }
        if let more = message.first("PV2") { texts += [more.text(3, 2), more.text(12)] }
        for observation in message.all("OBX")
        where observation.text(3).map(rules.reasonObservations.contains) == true {
            texts += observation.repetitions(5).flatMap { [$0.text(1), $0.text(2)] }
        }
        return texts.compactMap(\.self)
    }

    /// The visit's number, else the account's, else the patient's with the day of admission, or where that is not said with
    /// the day of the message: somebody may come again. Whoever has none of them is told apart by the message.
    private static func name(_ message: HL7Message) -> String {
        func number(_ kind: String, _ value: HL7Repetition?) -> String? {
            guard let value, let text = value.text(1) else { return nil }
            return [kind, value.text(4) ?? "", text].joined(separator: "|")
        }
        let (stay, patient) = (message.first("PV1"), message.first("PID"))
        if let visit = number("visit", stay?.repetitions(19).first) { return visit }
        if let account = number("account", patient?.repetitions(18).first) { return account }
        if let person = number("patient", patient?.repetitions(3).first),
            let day = (stay?.text(44) ?? message.header.text(7))?.prefix(8)
        {
            return "\(person)|\(day)"
        }
        return "message|\(message.header.text(3) ?? "")|\(message.header.text(4) ?? "")|\(message.controlID ?? "")"
    }
}
