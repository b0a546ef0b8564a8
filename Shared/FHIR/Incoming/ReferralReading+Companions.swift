/// What comes along with an order: its Task and its consents.
extension ReferralReading {
    func readTask(at index: Int, order: Int, patient: Int?) -> R4.Task? {
        guard let task: R4.Task = view(entries[index].resource, at: place(index)) else { return nil }
        if task.status != .requested, task.status != .draft {
            notes.note(
                .businessRule, "A new Task has the status requested, or draft while it is being written.",
                at: "\(place(index)).status"
            )
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

    func readConsents(
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
}
