/// The services that an EHR can call (CDS Hooks 2.0): one for each moment at which somebody can still be asked.
enum HookService: String, CaseIterable, Sendable {
    /// Somebody opens the record of a person who is in the emergency department.
    case view = "overdose-visit-view"
    /// Somebody is about to leave it.
    case discharge = "overdose-visit-discharge"

    static let path = "/cds-services"

    var hook: String { self == .view ? "patient-view" : "encounter-discharge" }

    var title: String {
        self == .view ? "Overdose visit: a peer at the bedside" : "Overdose visit: a peer before somebody leaves"
    }

    /// What the EHR sends along: nothing is ever asked of its server.
    var prefetch: [(name: String, query: String)] {
        let encounter =
            self == .view
            ? "Encounter?patient={{context.patientId}}&status=arrived,triaged,in-progress,onleave"
            : "Encounter/{{context.encounterId}}"
        return [
            ("encounter", encounter),
            ("conditions", "Condition?patient={{context.patientId}}&category=encounter-diagnosis"),
        ]
    }

    /// Whether a visit in that state is one at which somebody can be asked.
    func counts(status: String?) -> Bool {
        switch status {
        case "arrived", "triaged", "in-progress", "onleave": true
        case "finished": self == .discharge
        default: false
        }
    }
}
