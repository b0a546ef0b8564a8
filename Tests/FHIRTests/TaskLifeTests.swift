import FHIR
import Testing

/// HL7 SDOH Clinical Care, the state diagram of Task, as a table of its own: rows from, columns to.
private let drawn: [String: [String]] = [
    "draft": ["requested", "entered-in-error"],
    "requested": ["accepted", "rejected", "cancelled", "entered-in-error"],
    "received": ["entered-in-error"],
    "accepted": ["in-progress", "on-hold", "cancelled", "completed", "failed", "entered-in-error"],
    "rejected": ["entered-in-error"],
    "ready": ["entered-in-error"],
    "cancelled": ["entered-in-error"],
    "in-progress": ["on-hold", "cancelled", "completed", "failed", "entered-in-error"],
    "on-hold": ["in-progress", "cancelled", "completed", "failed", "entered-in-error"],
    "failed": ["entered-in-error"],
    "completed": ["entered-in-error"],
    "entered-in-error": [],
]

private let whoSets: [String: [String]] = [
    "draft": ["requester"], "requested": ["requester"], "entered-in-error": ["requester"],
    "accepted": ["performer"], "rejected": ["performer"], "in-progress": ["performer"], "on-hold": ["performer"],
    "failed": ["performer"], "completed": ["performer"], "cancelled": ["requester", "performer"],
    "received": [], "ready": [],
]

@Suite("The life of a Task")
struct TaskLifeTests {
    @Test("every pair of statuses is allowed or refused as the guide draws it", arguments: R4.TaskStatus.allCases)
    func pairs(_ old: R4.TaskStatus) throws {
        for new in R4.TaskStatus.allCases where new != old {
            for party in TaskLife.Party.allCases {
                let isDrawn = try #require(drawn[old.rawValue]).contains(new.rawValue)
                let isTheirs = try #require(whoSets[new.rawValue]).contains(party.rawValue)
                let expected: TaskLife.Refusal? = isDrawn ? (isTheirs ? nil : .notYours) : .noSuchStep
                var refusal: TaskLife.Refusal?
                do throws(TaskLife.Refusal) {
                    try TaskLife.check(from: old, to: new, by: party, reason: "as agreed by telephone")
                } catch {
                    refusal = error
                }
                #expect(refusal == expected, "\(old) to \(new) by \(party)")
            }
        }
    }

    @Test("staying is no step", arguments: R4.TaskStatus.allCases, TaskLife.Party.allCases)
    func staying(_ status: R4.TaskStatus, _ party: TaskLife.Party) {
        #expect(throws: Never.self) { try TaskLife.check(from: status, to: status, by: party, reason: nil) }
    }

    @Test(
        "rejected, cancelled, on-hold and failed need the reason in words",
        arguments: [
            ("requested", "rejected"), ("accepted", "cancelled"), ("accepted", "on-hold"), ("in-progress", "failed"),
        ],
        [nil, "", " \n"]
    )
    func reasons(_ step: (String, String), _ reason: String?) throws {
        let (old, new) = (try #require(R4.TaskStatus(rawValue: step.0)), try #require(R4.TaskStatus(rawValue: step.1)))
        #expect(throws: TaskLife.Refusal.reasonMissing) {
            try TaskLife.check(from: old, to: new, by: .performer, reason: reason)
        }
    }

    @Test("a refusal names from and to", arguments: TaskLife.Refusal.allCases)
    func naming(_ refusal: TaskLife.Refusal) {
        let issue = refusal.issue(from: .onHold, to: .accepted)
        #expect(issue.diagnostics.contains("on-hold"))
        #expect(issue.diagnostics.contains("accepted"))
        #expect(!issue.expressions.isEmpty)
    }

    @Test("what is final has no step but the correction of an error", arguments: R4.TaskStatus.allCases)
    func final(_ status: R4.TaskStatus) {
        let onlyCorrection = TaskLife.steps(from: status).subtracting([.enteredInError]).isEmpty
        #expect(onlyCorrection == (status.isFinal || !status.isUsedForReferrals))
    }
}

@Suite("The business status of a referral")
struct BusinessStatusTests {
    /// BSeR's state machine, written as in the guide.
    private static let drawn = """
        2.0>3.0 2.0>4.0 2.0>5.2 3.0>4.0 3.0>5.1 3.0>5.1.1 3.0>5.2 3.0>5.1.4 3.0>7.0 5.1>4.0 5.1>5.2 5.1.1>4.0
        5.1.1>5.1.1 5.1.1>5.1.2 5.1.1>5.1.3 5.1.1>5.2 5.1.1>5.1.4 5.1.1>7.0 5.1.2>4.0 5.1.2>5.1.1 5.1.2>5.1.3
        5.1.2>5.2 5.1.3>5.1.1 5.1.3>5.2 5.1.4>4.0 5.1.4>5.1.1 5.1.4>5.1.3 5.1.4>5.2 5.1.4>5.1.4 5.1.4>7.0 5.2>6.0
        5.2>7.0
        """

    @Test("every pair is allowed or not as BSeR draws it")
    func pairs() {
        let allowed = BusinessStatus.allCases.flatMap { old in old.next.map { "\(old.rawValue)>\($0.rawValue)" } }
        #expect(Set(allowed) == Set(Self.drawn.split(whereSeparator: \.isWhitespace).map(String.init)))
    }

    @Test("each is written with BSeR's code, except active, which has none", arguments: BusinessStatus.allCases)
    func codes(_ status: BusinessStatus) {
        let published = CodeTables.published[.bserBusinessStatus]
        #expect(published.contains(status.rawValue) == (status != .active))
        #expect(BusinessStatus(status.concept) == (status == .active ? nil : status))
        #expect(status.concept.text == status.display)
    }
}
