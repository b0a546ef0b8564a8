/// The shape of a transaction.
extension ReferralReading {
    func checkRequest(_ entry: R4.Bundle.Entry) {
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

    func checkCount(_ found: [Int], of type: String, atLeastOne: Bool) {
        if atLeastOne, found.isEmpty {
            notes.note(.required, "A referral needs a \(type).", at: "Bundle.entry")
        }
        for index in found.dropFirst() {
            notes.note(.notSupported, "A referral has one \(type); send another as another Bundle.", at: place(index))
        }
    }
}
