/// The order: what we can take, and where the person is.
extension ReferralReading {
    /// What we can take as an order for peer recovery support.
    ///
    /// - Parameter isDraft: whether its Task is one: then the order may be one too.
    func check(_ order: R4.ServiceRequest, asDraft isDraft: Bool = false, at expression: String) {
        if order.status != .active, !(isDraft && order.status == .draft) {
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

    func encounter(of order: R4.ServiceRequest, from source: Int?) -> R4.Encounter? {
        guard let reference = order.encounter else { return nil }
        if let source, let index = resolver.entry(of: reference, from: source) {
            return view(entries[index].resource, at: place(index))
        }
        guard case .contained(let id) = reference.target else { return nil }
        return view(order.document.contained.first { $0.id == id }, at: "ServiceRequest.encounter.resolve()")
    }
}
