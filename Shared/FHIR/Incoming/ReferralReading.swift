/// Reads a referral out of what a hospital posted.
public struct ReferralReading {
    private let services: ReferralServices
    private let entries: [R4.Bundle.Entry]
    private let resolver: ReferenceResolver
    private let notes = IssueNotes()

    private init(_ entries: [R4.Bundle.Entry], _ services: ReferralServices) {
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
        check(order, at: place(orderIndex))
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

    private func indices(of type: String) -> [Int] {
        entries.indices.filter { entries[$0].resource?.resourceType == type }
    }

    private func place(_ index: Int) -> String { "\(entries[index].expression).resource" }

    private func view<View: ResourceView>(_ document: FHIRDocument?, at expression: String) -> View? {
        guard let document else { return nil }
        do throws(R4.Refusal) {
            return try View(document, at: expression)
        } catch {
            for issue in error.issues { notes.note(issue) }
            return nil
        }
    }

    private func checkRequest(_ entry: R4.Bundle.Entry) {
        guard let resource = entry.resource else {
            notes.note(.required, "Each entry needs its resource.", at: "\(entry.expression).resource")
            return
        }
        guard let request = entry.request else { return }
        if request.method != "POST" {
            notes.note(
                .notSupported, "Entries of a referral are created: the method is POST.",
                at: "\(entry.expression).request.method"
            )
        } else if request.url != resource.resourceType {
            notes.note(
                .invalid, "The url of a POST is the resource's type.", at: "\(entry.expression).request.url"
            )
        }
    }

    private func checkCount(_ found: [Int], of type: String, atLeastOne: Bool) {
        if atLeastOne, found.isEmpty {
            notes.note(.required, "A referral needs a \(type).", at: "Bundle.entry")
        }
        for index in found.dropFirst() {
            notes.note(.notSupported, "A referral has one \(type); send another as another Bundle.", at: place(index))
        }
    }

    /// What we can take as an order for peer recovery support.
    private func check(_ order: R4.ServiceRequest, at expression: String) {
        if order.status != .active {
            notes.note(.businessRule, "A referral is taken while its status is active.", at: "\(expression).status")
        }
        if !order.intent.isOrder {
            notes.note(.businessRule, "A referral is an order, not a proposal or plan.", at: "\(expression).intent")
        }
        if order.doNotPerform {
            notes.note(.businessRule, "An order not to do something is no referral.", at: "\(expression).doNotPerform")
        }
        if order.prohibitsContact {
            notes.note(
                .businessRule, "Peer support needs contact: an order that prohibits it cannot be taken.",
                at: "\(expression).orderDetail"
            )
        }
        if let code = order.code {
            if !services.covers(code) {
                notes.note(
                    .notSupported,
                    "The service asked for is not offered. Peer support is SNOMED CT 461481000124109 or HCPCS H0038.",
                    at: "\(expression).code"
                )
            }
        } else {
            notes.note(.required, "A referral needs the code of the service asked for.", at: "\(expression).code")
        }
    }

    private func person(
        _ subject: R4.Reference, in order: R4.ServiceRequest, at expression: String, from source: Int?
    ) -> IncomingReferral.Person? {
        if let source, let index = resolver.entry(of: subject, from: source) {
            return patient(entries[index].resource, at: place(index), referredAs: expression)
        }
        switch subject.target {
        case .contained(let id):
            guard let contained = order.document.contained.first(where: { $0.id == id }), !id.isEmpty else {
                notes.note(.notFound, "The order contains no resource of this id.", at: expression)
                return nil
            }
            return patient(contained, at: "\(expression).resolve()", referredAs: expression)
        case .logical(let identifier):
            guard identifier.value != nil, identifier.system != nil else {
                notes.note(.required, "An identifier needs system and value.", at: "\(expression).identifier")
                return nil
            }
            return .identifier(identifier)
        case .conditional("Patient", let query):
            guard let identifier = R4.SearchQuery.items(of: query).identifier else {
                notes.note(.notSupported, "A conditional reference to a Patient is by identifier.", at: expression)
                return nil
            }
            return .identifier(identifier)
        case .relative("Patient", let id, _): return .known(id: id)
        case nil:
            notes.note(.required, "The subject needs a reference or an identifier.", at: expression)
            return nil
        default:
            notes.note(.notFound, "The subject is not a Patient in this request.", at: expression)
            return nil
        }
    }

    private func patient(
        _ document: FHIRDocument?, at expression: String, referredAs reference: String
    ) -> IncomingReferral.Person? {
        guard document?.resourceType == "Patient" else {
            notes.note(.notSupported, "A referral is of a Patient.", at: reference)
            return nil
        }
        guard let patient: R4.Patient = view(document, at: expression) else { return nil }
        let isNamed = patient.names.contains { $0.text != nil || $0.family != nil || !$0.given.isEmpty }
        let isNumbered = patient.identifiers.contains { $0.system != nil && $0.value != nil }
        if !isNamed, !isNumbered {
            notes.note(
                .required, "A Patient needs a name, or an identifier with system and value.", at: expression
            )
        }
        if patient.isDeceased {
            notes.note(.businessRule, "A person who has died cannot be referred.", at: "\(expression).deceased")
        }
        return .patient(patient)
    }

    private func readTask(at index: Int, order: Int, patient: Int?) -> R4.Task? {
        guard let task: R4.Task = view(entries[index].resource, at: place(index)) else { return nil }
        if task.status != .requested {
            notes.note(.businessRule, "A new Task has the status requested.", at: "\(place(index)).status")
        }
        if task.intent != "order" {
            notes.note(.businessRule, "A referral's Task has the intent order.", at: "\(place(index)).intent")
        }
        if let focus = task.focus {
            if resolver.entry(of: focus, from: index) != order {
                notes.note(.invalid, "The Task's focus is the referral's order.", at: "\(place(index)).focus")
            }
        } else {
            notes.note(.required, "A Task needs the order as its focus.", at: "\(place(index)).focus")
        }
        if let beneficiary = task.beneficiary, let patient, resolver.entry(of: beneficiary, from: index) != patient {
            notes.note(.invalid, "The Task is for the order's subject.", at: "\(place(index)).for")
        }
        return task
    }

    private func readConsents(
        patient: Int?, order: R4.ServiceRequest, at orderIndex: Int
    ) -> [(consent: R4.Consent, index: Int)] {
        let named = Set(order.supportingReferences.compactMap { resolver.entry(of: $0, from: orderIndex) })
        let read = indices(of: "Consent").compactMap { index -> (consent: R4.Consent, index: Int)? in
            guard let consent: R4.Consent = view(entries[index].resource, at: place(index)) else { return nil }
            if let person = consent.patient, let patient, resolver.entry(of: person, from: index) != patient {
                notes.note(.invalid, "The consent is another person's.", at: "\(place(index)).patient")
            }
            return (consent, index)
        }
        return read.filter { named.contains($0.index) } + read.filter { !named.contains($0.index) }
    }

    private func encounter(of order: R4.ServiceRequest, from source: Int?) -> R4.Encounter? {
        guard let reference = order.encounter else { return nil }
        if let source, let index = resolver.entry(of: reference, from: source) {
            return view(entries[index].resource, at: place(index))
        }
        guard case .contained(let id) = reference.target else { return nil }
        return view(order.document.contained.first { $0.id == id }, at: "ServiceRequest.encounter.resolve()")
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
