import FoundationEssentials
import Models
import OutcomesDomain

/// Cases and results that reference.py computed without our code.
enum Reference {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()

    static func scores() throws -> [ScoreCase] { try read("scores.json") }
    static func measures() throws -> MeasureCases { try read("measures.json") }

    private static func read<Value: Decodable>(_ name: String) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(contentsOf: folder.appending(path: name)))
    }
}

struct ScoreCase: Decodable, Sendable {
    let instrument: InstrumentCode
    let values: [Int?]
    let score: Int?
    let band: String?
    let reachesCutOff: Bool
    let raisesAlert: Bool
}

struct MeasureCases: Decodable {
    struct Local: Decodable {
        let at: Instant
        let on: CivilDate
        var local: LocalInstant { LocalInstant(at: at, on: on) }
    }
    struct Contact: Decodable {
        let outcome: ContactOutcome
        let occurred: Local
    }
    struct Bedside: Decodable {
        let outcome: BedsideOutcome
        let at: Instant
    }
    struct Closing: Decodable {
        let reason: ClosingReason
        let at: Instant
    }
    struct Journey: Decodable {
        let id: ReferralID
        let programme: ProgrammeCode
        let receivedAt: Instant
        let accepted: Local
        let dispatchedAt: Instant?
        let acknowledgedAt: Instant?
        let arrivedAt: Instant?
        let bedside: Bedside?
        let cancelled: Local?
        let died: Local?
        let closing: Closing?
        let contacts: [Contact]

        var journey: ReferralJourney {
            var journey = ReferralJourney(
                referralID: id, participantID: ParticipantID(rawValue: id.rawValue), programme: programme,
                receivedAt: receivedAt, accepted: accepted.local,
                contacts: contacts.map { JourneyContact(outcome: $0.outcome, occurred: $0.occurred.local) }
            )
            journey.dispatchedAt = dispatchedAt
            journey.acknowledgedAt = acknowledgedAt
            journey.arrivedAt = arrivedAt
            journey.bedside = bedside.map { .init(outcome: $0.outcome, at: $0.at) }
            journey.cancelled = cancelled?.local
            journey.died = died?.local
            journey.closing = closing.map { .init(reason: .known($0.reason), at: $0.at) }
            return journey
        }
    }
    struct Part: Decodable {
        let denominator: [String]
        let numerator: [String]
        let excluded: [String: String]
        let notYetObserved: [String]
    }
    struct Result: Decodable {
        let parts: [String: Part]
        let timing: EventTiming?
    }

    let asOf: Local
    let journeys: [Journey]
    let results: [String: Result]
}
