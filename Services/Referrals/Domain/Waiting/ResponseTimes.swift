internal import FoundationEssentials
public import Models

/// How long a referral may wait for each step, by how soon help is needed, and when somebody is reminded.
///
/// Invariant: each step has one time for each priority. The shape is `Data/response-times.schema.json`; the times of the
/// file beside it are judgement (FACTS §5.3, §11.1), so a deployment brings its own.
public struct ResponseTimes: Decodable, Hashable, Sendable {
    public let version: Int
    /// After so many nobody is reminded any more; the referral stays on the board.
    public let mostReminders: Int
    /// From this reminder on it is a supervisor's business.
    public let supervisorsFrom: Int
    private let steps: [StepTimes]

    private struct StepTimes: Decodable, Hashable, Sendable {
        let step: Awaited.Step
        let times: [Time]
    }

    private struct Time: Decodable, Hashable, Sendable {
        let priorities: [Priority]
        let dueMinutes: Int
        let againMinutes: Int
    }

    /// What is wrong with a file of them.
    public struct Flaw: Error, Hashable, CustomStringConvertible {
        public let description: String
    }

    /// - Throws: ``Flaw`` where it is not JSON of that shape, a step or priority is missing or there twice, or a number is
    ///   out of bounds.
    public init(json: some Sequence<UInt8>) throws(Flaw) {
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(json))
        } catch {
            throw Flaw(description: "no response times: see response-times.schema.json")
        }
        guard Set(steps.map(\.step)) == Set(Awaited.Step.allCases), steps.count == Awaited.Step.allCases.count else {
            throw Flaw(description: "each step must be there once")
        }
        let year = 1...525_600
        for step in steps {
            let priorities = step.times.flatMap(\.priorities)
            guard Set(priorities) == Set(Priority.allCases), priorities.count == Priority.allCases.count else {
                throw Flaw(description: "\(step.step.rawValue): each priority must be there once")
            }
            guard step.times.allSatisfy({ year.contains($0.dueMinutes) && year.contains($0.againMinutes) }) else {
                throw Flaw(description: "\(step.step.rawValue): minutes must be 1 to 525600")
            }
        }
        guard (1...100).contains(mostReminders), supervisorsFrom >= 1 else {
            throw Flaw(description: "mostReminders must be 1 to 100, supervisorsFrom at least 1")
        }
    }

    /// The times that come with Handrail.
    public static func standard() throws(Flaw) -> ResponseTimes {
        try ResponseTimes(json: standardJSON)
    }

    /// Their file, as UTF-8: what a deployment's own begins with.
    public static var standardJSON: [UInt8] { PackageResources.response_times_json }

    /// The JSON Schema (draft 2020-12) of a file of them, as UTF-8.
    public static var schema: [UInt8] { PackageResources.response_times_schema_json }

    /// When the step is due.
    public func dueAt(_ awaited: Awaited, _ priority: Priority) -> Instant {
        awaited.since + .seconds(time(awaited.step, priority).dueMinutes * 60)
    }

    /// When somebody is reminded again; nil after the last reminder.
    ///
    /// - Parameter reminders: how many there were, with the one at this instant.
    public func remindsAgainAt(
        _ step: Awaited.Step, _ priority: Priority, after reminders: Int, at instant: Instant
    ) -> Instant? {
        reminders < mostReminders ? instant + .seconds(time(step, priority).againMinutes * 60) : nil
    }

    /// Whether a reminder goes to the supervisors.
    public func isForSupervisors(_ reminder: Int) -> Bool { reminder >= supervisorsFrom }

    private func time(_ step: Awaited.Step, _ priority: Priority) -> Time {
        for known in steps where known.step == step {
            for time in known.times where time.priorities.contains(priority) { return time }
        }
        // SAFETY: the initialiser refuses what has not each step and priority.
        preconditionFailure("a step without a time: the initialiser checks it")
    }
}
