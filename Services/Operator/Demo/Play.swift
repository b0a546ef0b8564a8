import Models

/// Plays the agency's past day by day through the public APIs, with time as the play says.
///
/// Whatever touches what people share, the peers who are on call and their caseloads, happens one after the other, so
/// that the same seed gives the same past. What concerns one person goes on beside the others.
struct Play: Sendable {
    let agency: DemoAgency
    let stillness: Stillness
    /// Told after each day, from 1.
    let progress: @Sendable (_ day: Int) -> Void

    var stage: Stage { agency.stage }
    /// When the past ends: nothing happens from then on.
    var end: Instant { agency.days[agency.days.count - 1] }

    /// How many people's affairs go on at once.
    private static let atOnce = 6

    func perform(_ stories: [Story], peers: [PeerID]) async throws {
        var people = stories.map(Participant.init)
        var agenda = Agenda(agency.days)
        for (index, story) in stories.enumerated() {
            agenda.add(Act(person: index, at: story.referredAt, kind: .refer(visit: 0)))
            if let again = story.again { agenda.add(Act(person: index, at: again.at, kind: .refer(visit: 1))) }
        }
        for day in 0..<agency.days.count - 1 {
            try await agency.putOnCall(peers, day: day, from: agency.days[day], until: agency.days[day + 1])
            let acts = agenda.take(day)
            for act in acts where act.isReferral {
                let follows = try await refer(act, &people[act.person])
                agenda.add(follows)
            }
            agenda.add(acts.filter { !$0.isReferral })
            // What happens today may bring on more today.
            while case let affairs = agenda.take(day), !affairs.isEmpty {
                agenda.add(try await goOn(affairs.filter { !$0.isDecision }, &people))
                let decisions = affairs.filter(\.isDecision)
                guard !decisions.isEmpty else { continue }
                // Whoever decides knows what happened today.
                try await stillness.reach()
                agenda.add(try await goOn(decisions, &people))
            }
            try await stillness.pass(until: agency.days[day + 1])
            progress(day + 1)
        }
    }

    /// What happens with several people on one day; returns what follows later.
    private func goOn(_ acts: [Act], _ people: inout [Participant]) async throws -> [Act] {
        var queue = Dictionary(grouping: acts, by: \.person).sorted { $0.key < $1.key }[...]
        var follows: [Act] = []
        try await withThrowingTaskGroup(of: (Int, Participant, [Act]).self) { group in
            func startNext() {
                guard let (index, acts) = queue.popFirst() else { return }
                group.addTask { [person = people[index]] in
                    var person = person
                    var follows: [Act] = []
                    for act in acts { follows += try await perform(act, &person) }
                    return (index, person, follows)
                }
            }
            for _ in 0..<Self.atOnce { startNext() }
            while let (index, person, more) = try await group.next() {
                people[index] = person
                follows += more
                startNext()
            }
        }
        return follows
    }

    private func perform(_ act: Act, _ person: inout Participant) async throws -> [Act] {
        switch act.kind {
        case .refer: []
        case .contact(let plan, let mode, let outcome, let appointment, let withSupports):
            try await contact(
                act, plan, mode, outcome, appointment: appointment, withSupports: withSupports, &person)
        case .goOver(let plan, let phase): try await goOver(act, plan, to: phase, &person)
        case .endPlan(let plan, let programme): try await endPlan(act, plan, programme, &person)
        case .giveUp(let plan): try await giveUp(act, plan, &person)
        case .barc10(let month): try await barc10(act, month: month, &person)
        case .phq9: try await phq9(act, &person)
        case .event(let kind): try await report(act, kind, &person)
        case .closeLoop(let reason): try await closeLoop(act, reason, &person)
        }
    }
}

/// What is going to happen, by day.
struct Agenda {
    private let days: [Instant]
    private var acts: [[Act]]

    init(_ days: [Instant]) {
        self.days = days
        acts = Array(repeating: [], count: max(0, days.count - 1))
    }

    /// Puts it on its day; what lies beyond the end never happens.
    mutating func add(_ act: Act) {
        guard let next = days.firstIndex(where: { $0 > act.at }), next > 0 else { return }
        acts[next - 1].append(act)
    }

    mutating func add(_ more: [Act]) {
        for act in more { add(act) }
    }

    /// Takes what is on a day, in the order of time.
    mutating func take(_ day: Int) -> [Act] {
        defer { acts[day] = [] }
        return acts[day].sorted { ($0.at, $0.person) < ($1.at, $1.person) }
    }
}
