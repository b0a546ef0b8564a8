import Models

/// What the play knows of one person while it goes on.
struct Participant: Sendable {
    let story: Story
    /// For what is settled on the way, the same in each run.
    var chances: SeededRandom
    var participantID: String?
    /// The referral whose loop is still open.
    var openReferral: String?
    var peer: PeerID?
    /// The plans whose contacts are on the agenda.
    var plans: Set<String> = []
    /// When the person was first in contact; nil while nobody reached them.
    var firstReachedAt: Instant?
    var isLost = false

    init(_ story: Story) {
        self.story = story
        chances = story.chances
    }

    /// How many in a hundred planned contacts reach the person at that time.
    func reachedPercent(at instant: Instant) -> Int {
        let day = (instant - story.referredAt).components.seconds / 86_400
        if isLost { return 3 }
        if let stops = story.course.stopsAfterDays, day > stops { return 5 }
        // In the first weeks many drop away; whoever stays, mostly stays (FACTS 5.6).
        return day < 30 ? story.course.reachedPercent * 9 / 10 : story.course.reachedPercent
    }
}

/// Something that is going to happen with one person.
struct Act: Sendable {
    enum Kind: Sendable {
        /// The first referral, or that after a second overdose.
        case refer(visit: Int)
        case contact(plan: String, ContactMode, ContactOutcome, appointment: String?, withSupports: Bool)
        case goOver(plan: String, to: String)
        case endPlan(plan: String, programme: ProgrammeCode)
        /// Nobody could find the person: the plan ends as lost.
        case giveUp(plan: String)
        case barc10(month: Int)
        case phq9
        case event(String)
        case closeLoop(ClosingReason)
    }

    /// The person, by their place among the participants.
    let person: Int
    let at: Instant
    let kind: Kind

    var isReferral: Bool {
        if case .refer = kind { true } else { false }
    }

    /// Whether it ends something that messages of the same day still move.
    var isDecision: Bool {
        switch kind {
        case .goOver, .endPlan, .giveUp, .closeLoop: true
        case .refer, .contact, .barc10, .phq9, .event: false
        }
    }
}
