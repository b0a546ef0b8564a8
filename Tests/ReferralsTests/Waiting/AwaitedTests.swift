import Models
import ReferralsDomain
import TestKit
import Testing

@Suite("What a referral waits for")
struct AwaitedTests {
    static let pairs = ReferralStatus.allCases.flatMap { status in BusinessStatus.allCases.map { (status, $0) } }

    @Test(
        "somebody is waited for until the person was met, and after a pause; never in drafts or what has ended",
        arguments: pairs)
    func steps(_ status: ReferralStatus, _ business: BusinessStatus) {
        let expected: Awaited.Step? =
            switch status {
            case .requested: .decision
            case .accepted: .peer
            case .inProgress: business == .active ? .meeting : nil
            case .onHold: .resumption
            default: nil
            }
        #expect(Referral.stored(status, business).awaited?.step == expected)
    }

    @Test("the wait begins with the change that brought it about, and again with a pause and its end")
    func begins() throws {
        let actor = Referral.Actor(.performer, "x")
        var referral = Referral.stored(.requested)
        try referral.accept(by: actor, at: .noon + .seconds(60))
        #expect(referral.awaited == Awaited(.peer, since: .noon + .seconds(60)))
        referral.matched(by: actor, at: .noon + .seconds(120))
        #expect(referral.awaited == Awaited(.meeting, since: .noon + .seconds(120)))
        try referral.hold(because: "in hospital", by: actor, at: .noon + .seconds(180))
        #expect(referral.awaited == Awaited(.resumption, since: .noon + .seconds(180)))
        try referral.resume(by: actor, at: .noon + .seconds(240))
        #expect(referral.awaited == Awaited(.meeting, since: .noon + .seconds(240)))
        referral.progress(to: .eventCompleted, by: actor, at: .noon + .seconds(300))
        #expect(referral.awaited == nil)
    }

    @Test("the times that come with it are of their schema, and are shorter the sooner help is needed")
    func standard() throws {
        let times = try ResponseTimes.standard()
        #expect(try JSONSchema(ResponseTimes.schema).faults(in: ResponseTimes.standardJSON) == [])
        for step in Awaited.Step.allCases {
            let due = [Priority.stat, .asap, .urgent, .routine].map { times.dueAt(Awaited(step, since: .noon), $0) }
            #expect(due == due.sorted() && due[0] > .noon)
        }
        // An emergency department's patient: a decision in minutes, a peer at the bed within the hour.
        #expect(times.dueAt(Awaited(.decision, since: .noon), .stat) == .noon + .seconds(300))
        #expect(times.dueAt(Awaited(.meeting, since: .noon), .stat) == .noon + .seconds(3600))
    }

    @Test("reminders come again so often and no more, from the second on to supervisors")
    func reminders() throws {
        let times = try ResponseTimes.standard()
        let again = (1...6).map { times.remindsAgainAt(.meeting, .stat, after: $0, at: .noon) }
        #expect(again == Array(repeating: .noon + .seconds(1800), count: 4) + [nil, nil])
        #expect((1...3).map(times.isForSupervisors) == [false, true, true])
    }

    @Test(
        "a file of times that leaves something out, says it twice or is out of bounds is refused with what is wrong",
        arguments: [
            ("{}", "no response times"), (#""priorities": ["stat"], "dueMinutes": 5,"#, "stat0"),
            (#""priorities": ["stat"]"#, "twice"), (#""dueMinutes": 5,"#, "minutes"), (#""step": "peer""#, "step"),
            (#""mostReminders": 5"#, "mostReminders"),
        ])
    func flaws(_ part: String, _ kind: String) throws {
        let text = String(decoding: ResponseTimes.standardJSON, as: UTF8.self)
        let changed =
            switch kind {
            case "stat0": text.replacing(part, with: #""priorities": [], "dueMinutes": 5,"#)
            case "twice": text.replacing(part, with: #""priorities": ["stat", "asap"]"#)
            case "minutes": text.replacing(part, with: #""dueMinutes": 0,"#)
            case "step": text.replacing(part, with: #""step": "decision""#)
            case "mostReminders": text.replacing(part, with: #""mostReminders": 0"#)
            default: part
            }
        #expect(throws: ResponseTimes.Flaw.self) { try ResponseTimes(json: changed.utf8) }
    }
}
