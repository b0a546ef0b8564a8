internal import FHIR
internal import FoundationEssentials
internal import Models

/// The resources of one referral as they are kept: each whole, with the references between them turned into ours.
///
/// The ids of person, order and task are drawn while the referral is stored, or were drawn long before; so references to
/// them are kept as the names below, and become ids when somebody reads.
struct ReceivedParts: Sendable {
    enum Name {
        static let patient = "urn:handrail:patient"
        static let order = "urn:handrail:service-request"
        static let task = "urn:handrail:task"
    }

    let parts: [IncomingReferral.Part]
    /// The ids of the parts that are neither person nor order nor task.
    private let ids: [UUID]
    private let names: [String: String]

    /// - Parameter id: the id of the part at this place, the same for the same request.
    init(_ incoming: IncomingReferral, id: (Int) -> UUID) {
        parts = incoming.parts
        ids = parts.indices.map(id)
        var names: [String: String] = [:]
        for (index, part) in parts.enumerated() {
            let type = part.document.resourceType
            let name =
                switch part.role {
                case .patient: Name.patient
                case .serviceRequest: Name.order
                case .task: Name.task
                case .consent, .other: "\(type)/\(ids[index].uuidString.lowercased())"
                }
            if let url = part.fullURL { names[Self.normalized(url)] = name }
            if let id = part.document.id { names["\(type)/\(id)"] = name }
        }
        if case .patient = incoming.person, parts.contains(where: { $0.role == .patient }),
            let subject = incoming.serviceRequest.subject.reference
        {
            names[Self.normalized(subject)] = Name.patient
        }
        self.names = names
    }

    /// The same parts with more behind them, which were sent before and have their ids.
    func completed(_ incoming: IncomingReferral, with more: [UUID]) -> ReceivedParts {
        ReceivedParts(incoming) { index in (ids + more)[index] }
    }

    /// What the store is to keep.
    var resources: [ReceivedResource] {
        parts.enumerated().map { index, part in
            let role: ReceivedResource.Role =
                switch part.role {
                case .patient: .participant
                case .serviceRequest: .referral
                case .task: .task
                case .consent, .other: .other(ids[index])
                }
            let document = part.document.replacingReferences { names[Self.normalized($0)] }
            return ReceivedResource(kind: part.document.resourceType, role: role, content: document.serialized())
        }
    }

    /// Where the sender finds the part at this place.
    func id(of index: Int, _ ids: SenderIDs) -> UUID {
        switch parts[index].role {
        case .patient: ids.participantID
        case .serviceRequest: ids.referralID
        case .task: ids.taskID
        case .consent, .other: self.ids[index]
        }
    }

    private static func normalized(_ reference: String) -> String {
        reference.lowercased().hasPrefix("urn:") ? reference.lowercased() : reference
    }
}

extension FHIRDocument {
    /// The document with the names of ``ReceivedParts`` turned into the sender's ids.
    func resolved(_ ids: SenderIDs) -> FHIRDocument {
        replacingReferences { reference in
            switch reference {
            case ReceivedParts.Name.patient: "Patient/\(ids.participantID.uuidString.lowercased())"
            case ReceivedParts.Name.order: "ServiceRequest/\(ids.referralID.uuidString.lowercased())"
            case ReceivedParts.Name.task: "Task/\(ids.taskID.uuidString.lowercased())"
            default: nil
            }
        }
    }
}
