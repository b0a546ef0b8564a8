internal import FHIR
internal import JSON
internal import ReferralsDomain

/// What the other side's Task says of a referral that was sent on to it.
struct OutsideTask: Sendable {
    /// The id under which it can be asked for.
    let id: String?
    /// Nil where its status says nothing new: `requested`, `received`.
    let status: OnwardReferral.Status?
    let business: String?
    /// Why, or with what result, in the other side's words.
    let reason: String?
    let document: FHIRDocument

    /// - Throws: `OutsideClient.Fault` for what is no Task.
    init(_ bytes: [UInt8]) throws(OutsideClient.Fault) {
        do {
            let document = try FHIRDocument.parse(bytes)
            self.init(try R4.Task(document), document)
        } catch {
            throw OutsideClient.Fault("the answer is no Task")
        }
    }

    private init(_ task: R4.Task, _ document: FHIRDocument) {
        self.document = document
        id = document.id
        status =
            switch task.status {
            case .draft, .requested, .received, .ready: nil
            case .accepted: .accepted
            case .inProgress: .inProgress
            case .onHold: .onHold
            case .rejected: .rejected
            case .completed: .completed
            case .failed: .failed
            case .cancelled, .enteredInError: .cancelled
            }
        let coding = task.businessStatus?.codings.first { $0.code != nil }
        business = (coding?.code ?? task.businessStatus?.text).map { String($0.prefix(60)) }
        let results = (document.json["output"]?.array ?? []).compactMap { output in
            output[["valueCodeableConcept", "text"]]?.string
                ?? output[["valueCodeableConcept", "coding", 0, "display"]]?.string
                ?? output[["valueString"]]?.string
        }
        let words = [task.statusReason?.text].compactMap(\.self) + results
        reason = words.isEmpty ? nil : String(words.joined(separator: " ").prefix(2000))
    }

    /// The id of the Task in the answer to a transaction; nil where it does not say.
    static func id(inAnswer bytes: [UInt8]) -> String? {
        let entries = OutsideClient.json(bytes)?[["entry"]]?.array ?? []
        for entry in entries {
            guard let location = entry[["response", "location"]]?.string else { continue }
            let parts = location.split(separator: "/").map(String.init)
            guard let place = parts.lastIndex(of: "Task"), place + 1 < parts.count, isID(parts[place + 1]) else {
                continue
            }
            return parts[place + 1]
        }
        return nil
    }

    /// What may stand in the path behind `Task/`.
    static func isID(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
                    || byte == UInt8(ascii: ".")
            }
    }
}
