import Models

/// What happens to one made-up person, as far as it is settled before it is played.
struct Story: Sendable {
    /// From 1, in the order of the first referrals.
    let number: Int
    let referredAt: Instant
    let door: DemoModel.Door
    /// Which of the hospitals, where one refers.
    let hospital: Int
    let given: String
    let family: String
    let birthDate: CivilDate
    let visit: Visit
    let course: DemoModel.Course
    /// A second overdose, with its own visit to the bedside.
    let again: (at: Instant, visit: Visit)?
    /// For what is settled on the way.
    let chances: SeededRandom

    /// A dispatch to the bedside.
    struct Visit: Sendable {
        /// Whether the first peer on call does not answer, so that the next one is asked.
        let nobodyAnswersFirst: Bool
        let acknowledgedAfter: Duration
        let travels: Duration
        let stays: Duration
        let outcome: BedsideOutcome
    }

    /// The hospital's number for the person, and for an order.
    var recordNumber: String { "demo-\(number)" }
    func orderNumber(_ visit: Int) -> String { "demo-\(number)-\(visit)" }
}

/// Makes up the people of the demo.
struct StoryTeller {
    let model: DemoModel
    let random: SeededRandom

    /// So many people, referred between the two instants, more of them as the agency becomes known; in the order of
    /// their first referrals.
    func stories(_ count: Int, from start: Instant, until end: Instant) -> [Story] {
        var moments: [Instant] = []
        var random = random.part(0, of: 1)
        for _ in 0..<count {
            // The later of two draws, for half of them: the second year is busier than the first.
            let (one, other) = (Double.random(in: 0..<1, using: &random), Double.random(in: 0..<1, using: &random))
            let part = random.chance(50) ? max(one, other) : one
            moments.append(start + .seconds(Int(Double((end - start).components.seconds) * part)))
        }
        return moments.sorted().enumerated().map { index, at in story(index + 1, at: at, until: end) }
    }

    private func story(_ number: Int, at: Instant, until end: Instant) -> Story {
        var random = random.part(number, of: 2)
        let people = model.participants
        let course = random.pick(model.courses)
        let born = Int.random(
            in: people.bornFrom.daysSince1970...people.bornUntil.daysSince1970, using: &random)
        let hasSecond = random.chance(model.secondOverdosePercent)
        let secondAt = at + .seconds(Int.random(in: 20...400, using: &random) * 86_400)
        let second = visit(&random)
        return Story(
            number: number, referredAt: at, door: random.pick(model.doors),
            hospital: Int.random(in: model.hospitals.indices, using: &random),
            given: random.pick(people.givenNames), family: random.pick(people.familyNames),
            birthDate: CivilDate(daysSince1970: born),
            visit: visit(&random), course: course, again: hasSecond && secondAt < end ? (secondAt, second) : nil,
            chances: random.part(number, of: 3))
    }

    private func visit(_ random: inout SeededRandom) -> Story.Visit {
        Story.Visit(
            nobodyAnswersFirst: random.chance(model.nobodyAnswersFirstPercent),
            acknowledgedAfter: .seconds(Int.random(in: 30...280, using: &random)),
            travels: .seconds(Int.random(in: 12...52, using: &random) * 60),
            stays: .seconds(Int.random(in: 15...75, using: &random) * 60),
            outcome: random.pick(model.bedside).outcome)
    }
}
