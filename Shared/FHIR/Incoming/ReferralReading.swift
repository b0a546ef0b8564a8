internal import JSON

/// Reads a referral out of what a hospital posted.
public struct ReferralReading {
    let services: ReferralServices
    let entries: [R4.Bundle.Entry]
    let resolver: ReferenceResolver
    let notes = IssueNotes()

    init(_ entries: [R4.Bundle.Entry], _ services: ReferralServices) {
        self.services = services
        self.entries = entries
        resolver = ReferenceResolver(entries)
    }

    /// Reads a transaction Bundle with a ServiceRequest, its Patient and, where given, Consent, Task and Encounter.
    ///
    /// - Throws: all issues found, with expressions into the bundle.
    public static func transaction(
        _ bundle: R4.Bundle, services: ReferralServices = .published
    ) throws(R4.Refusal) -> IncomingReferral {
        guard bundle.kind == .transaction else {
            throw R4.Refusal(
                .notSupported, "A referral comes as a Bundle of type transaction.", at: ["Bundle.type"]
            )
        }
        return try ReferralReading(bundle.entries, services).read()
    }

    /// Reads a ServiceRequest that was posted by itself: its patient is contained, or known by identifier or our id.
    ///
    /// - Parameter ifNoneExist: the header `If-None-Exist`.
    public static func order(
        _ document: FHIRDocument, ifNoneExist: String? = nil, services: ReferralServices = .published
    ) throws(R4.Refusal) -> IncomingReferral {
        let reading = ReferralReading([], services)
        let order: R4.ServiceRequest? = reading.view(document, at: "ServiceRequest")
        let person = order.flatMap { reading.person($0.subject, in: $0, at: "ServiceRequest.subject", from: nil) }
        if let order { reading.check(order, at: "ServiceRequest") }
        let items = ifNoneExist.map(R4.SearchQuery.items) ?? []
        guard let order, let person, !reading.notes.hasErrors else { throw R4.Refusal(reading.notes.issues) }
        let consents = document.contained.filter { $0.resourceType == "Consent" }
        return IncomingReferral(
            person: person, serviceRequest: order, task: nil,
            consents: consents.compactMap { reading.view($0, at: "ServiceRequest.contained") },
            encounter: reading.encounter(of: order, from: nil),
            parts: [
                .init(role: .serviceRequest, document: document, index: nil, fullURL: nil, ifNoneExist: items)
            ]
        )
    }

    private func read() throws(R4.Refusal) -> IncomingReferral {
        for entry in entries { checkRequest(entry) }
        let orders = indices(of: "ServiceRequest")
        let tasks = indices(of: "Task")
        checkCount(orders, of: "ServiceRequest", atLeastOne: true)
        checkCount(tasks, of: "Task", atLeastOne: false)
        guard let orderIndex = orders.first,
            let order: R4.ServiceRequest = view(entries[orderIndex].resource, at: place(orderIndex))
        else { throw R4.Refusal(notes.issues) }
        let isDraft = tasks.contains { entries[$0].resource?.json["status"]?.string == "draft" }
        check(order, asDraft: isDraft, at: place(orderIndex))
        let person = person(order.subject, in: order, at: "\(place(orderIndex)).subject", from: orderIndex)
        let patientIndex = resolver.entry(of: order.subject, from: orderIndex)
        let task = tasks.first.flatMap { readTask(at: $0, order: orderIndex, patient: patientIndex) }
        let consents = readConsents(patient: patientIndex, order: order, at: orderIndex)
        let encounter = encounter(of: order, from: orderIndex)
        guard let person, !notes.hasErrors else { throw R4.Refusal(notes.issues) }
        return IncomingReferral(
            person: person, serviceRequest: order, task: task, consents: consents.map(\.consent),
            encounter: encounter,
            parts: parts(patient: patientIndex, order: orderIndex, task: tasks.first, consents: consents.map(\.index))
        )
    }

    func indices(of type: String) -> [Int] {
        entries.indices.filter { entries[$0].resource?.resourceType == type }
    }

    func place(_ index: Int) -> String { "\(entries[index].expression).resource" }

    func view<View: ResourceView>(_ document: FHIRDocument?, at expression: String) -> View? {
        guard let document else { return nil }
        do throws(R4.Refusal) {
            return try View(document, at: expression)
        } catch {
            for issue in error.issues { notes.note(issue) }
            return nil
        }
    }

    private func parts(patient: Int?, order: Int, task: Int?, consents: [Int]) -> [IncomingReferral.Part] {
        entries.enumerated().compactMap { index, entry in
            guard let document = entry.resource else { return nil }
            let role: IncomingReferral.Part.Role =
                switch index {
                case order: .serviceRequest
                case task: .task
                case patient: .patient
                case _ where consents.contains(index): .consent
                default: .other
                }
            return .init(
                role: role, document: document, index: index, fullURL: entry.fullURL,
                ifNoneExist: entry.request?.ifNoneExist.map(R4.SearchQuery.items) ?? []
            )
        }
    }
}
