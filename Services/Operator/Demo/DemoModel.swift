import FoundationEssentials
import Models

/// What the demo agency is made of, from `Data/demo-agency.json`.
struct DemoModel: Decodable, Sendable {
    struct AgencyTraits: Decodable, Sendable {
        let name: String
        let timeZone: String
    }

    struct Peers: Decodable, Sendable {
        let displayNames: [String]
        let count: Int
        let languages: [[String]]
        let areas: [[String]]
    }

    struct Participants: Decodable, Sendable {
        let givenNames: [String]
        let familyNames: [String]
        let bornFrom: CivilDate
        let bornUntil: CivilDate
    }

    /// Where people meet the agency, and who refers them.
    struct Door: Decodable, Sendable, Weighted {
        let setting: Setting
        let priority: Priority
        /// By a hospital's system; otherwise a coordinator takes a call.
        let fromHospital: Bool
        let share: Int

        /// Whether a peer is sent to the bedside.
        var isEmergency: Bool { setting == .emergencyDepartment }
    }

    struct Bedside: Decodable, Sendable, Weighted {
        let outcome: BedsideOutcome
        let share: Int
    }

    /// How support goes on with somebody.
    struct Course: Decodable, Sendable, Weighted {
        let name: String
        let share: Int
        /// How many of the planned contacts reach the person.
        let reachedPercent: Int
        /// After so many days the person is not reached any more; nil when contact holds.
        let stopsAfterDays: Int?
        let barcAtStart: Int
        let barcPerYear: Int
        /// What becomes of the need.
        let closing: ClosingReason
        /// What happens on the way, by the timeline's kinds.
        let events: [String]
    }

    let agency: AgencyTraits
    let hospitals: [String]
    let peers: Peers
    let participants: Participants
    let doors: [Door]
    let bedside: [Bedside]
    let courses: [Course]
    let secondOverdosePercent: Int
    let nobodyAnswersFirstPercent: Int

    /// The model that is built in.
    static func builtIn() throws -> DemoModel {
        try JSONDecoder().decode(DemoModel.self, from: Data(PackageResources.demo_agency_json))
    }
}

/// One of a list, with its weight among them.
protocol Weighted {
    var share: Int { get }
}
