internal import FHIR
internal import JSON

/// A Task on a partner's server with what it is about, put together as the transaction that the partner would have sent.
struct OutsideReferral: Sendable {
    let task: OutsideTask
    /// The base of the partner's server.
    let base: String

    /// - Parameter read: gets a resource, by its path behind the base.
    /// - Throws: `OutsideClient.Fault` where the server does not answer; `R4.Refusal` for what cannot be a referral.
    func bundle(
        _ read: @Sendable (String) async throws(OutsideClient.Fault) -> IncomingAnswer
    ) async throws -> FHIRDocument {
        guard let focus = task.document[["focus", "reference"]]?.string else {
            throw R4.Refusal(.required, "A Task needs its order.", at: ["Task.focus"])
        }
        let order = try await resource(focus, "ServiceRequest", at: "Task.focus", read)
        guard let subject = order[["subject", "reference"]]?.string else {
            throw R4.Refusal(.required, "An order needs its subject.", at: ["ServiceRequest.subject"])
        }
        var parts: [FHIRDocument] = []
        if !subject.hasPrefix("#") {
            parts.append(try await resource(subject, "Patient", at: "ServiceRequest.subject", read))
        }
        // Consents are what lets the sender hear how it goes; anything else that supports the order stays there.
        for item in (order.json["supportingInfo"]?.array ?? []).prefix(5) {
            guard let reference = item[["reference"]]?.string, reference.contains("Consent/") else { continue }
            parts.append(try await resource(reference, "Consent", at: "ServiceRequest.supportingInfo", read))
        }
        if let encounter = order[["encounter", "reference"]]?.string, !encounter.hasPrefix("#") {
            parts.append(try await resource(encounter, "Encounter", at: "ServiceRequest.encounter", read))
        }
        parts += [order, task.document]
        let entries = parts.map { part -> JSONValue in
            [
                "fullUrl": .string("\(base)/\(part.resourceType)/\(part.id ?? "")"), "resource": .object(part.json),
                "request": ["method": "POST", "url": .string(part.resourceType)],
            ]
        }
        return try FHIRDocument(["resourceType": "Bundle", "type": "transaction", "entry": .array(entries)])
    }

    /// A resource of the same server, and of no other.
    private func resource(
        _ reference: String, _ type: String, at place: String,
        _ read: @Sendable (String) async throws(OutsideClient.Fault) -> IncomingAnswer
    ) async throws -> FHIRDocument {
        let relative = reference.hasPrefix("\(base)/") ? String(reference.dropFirst(base.count + 1)) : reference
        let parts = relative.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 2, parts[0] == type, OutsideTask.isID(parts[1]) else {
            throw R4.Refusal(.notFound, "It must be a \(type) of the same server.", at: [place])
        }
        let answer = try await read("/\(type)/\(parts[1])")
        if [404, 410].contains(answer.status) {
            throw R4.Refusal(.notFound, "The \(type) is not there.", at: [place])
        }
        guard answer.isSuccess else { throw OutsideClient.Fault("status \(answer.status)") }
        let document = try FHIRDocument.parse(answer.body)
        guard document.resourceType == type, document.id == parts[1] else {
            throw R4.Refusal(.invalid, "The answer is no \(type) of that id.", at: [place])
        }
        return document
    }
}
