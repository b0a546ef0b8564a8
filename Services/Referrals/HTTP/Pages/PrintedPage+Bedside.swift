internal import Models
internal import ReferralsDomain

extension BedsideView {
    /// What was seen at the bedside, in words.
    func printed(_ catalogue: BedsideCatalogue) -> [String: String] {
        [
            "overdoseAt": overdoseAt?.minuteText ?? "", "arrivedAt": arrivedInHospitalAt?.minuteText ?? "",
            "naloxoneBy": (naloxoneBy ?? []).map { catalogue.naloxoneGivers.text(of: $0) }.joined(separator: ", "),
            "medication": medicationStarted.map { catalogue.medications.text(of: $0) } ?? "",
            "kit": naloxoneKitGiven.map { $0 ? "given" : "not given" } ?? "",
            "disposition": disposition.map { catalogue.dispositions.text(of: $0) } ?? "",
            "status": statusAtEightWeeks.map { catalogue.statuses.text(of: $0) } ?? "",
        ]
    }
}

extension ReachView {
    /// How somebody can be reached, in words.
    func lines(_ catalogue: BedsideCatalogue) -> [(String, String)] {
        var all: [(String, String)] = []
        if let safePhone { all.append(("Safe number", "\(safePhone), \(Self.words(mayLeaveMessage))")) }
        if let safeHours { all.append(("When", safeHours)) }
        for person in contactPersons {
            let knows = person.knowsOfSupport ? "knows of the support" : "does not know of the support"
            all.append(
                (
                    catalogue.relations.text(of: person.relation),
                    "\(person.name), \(person.phone), \(Self.words(person.mayLeaveMessage)), \(knows)"
                ))
        }
        for place in places ?? [] { all.append((catalogue.places.text(of: place.kind), place.text)) }
        return all
    }

    private static func words(_ mayLeaveMessage: Bool) -> String {
        mayLeaveMessage ? "a message may be left" : "no messages"
    }
}
