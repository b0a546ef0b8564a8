import FoundationEssentials
import MessageTable
import Models
import Postgres
import ReferralsDomain
import Testing

@testable import Referrals

@Suite("Recognising a person at intake")
struct RecognitionTests {
    static let rosa = PersonIdentity(
        givenName: "Rosa", familyName: "Kelanberg", birthDate: CivilDate(year: 1984, month: 3, day: 12),
        phone: "609-555-0143", postalCode: "08611", gender: .female,
        identifiers: [.init(system: "urn:hospital:1", value: "100")]
    )
    /// As another hospital writes her.
    static let rosita: PersonIdentity = {
        var person = rosa
        (person.givenName, person.familyName, person.phone) = ("Rosita", "Kelenberg", "856-555-0199")
        person.identifiers = [.init(system: "urn:hospital:2", value: "900")]
        return person
    }()
    static let twin: PersonIdentity = {
        var person = rosa
        (person.givenName, person.identifiers) = ("Carmen", [.init(system: "urn:hospital:1", value: "101")])
        return person
    }()

    @Test("a person whom another hospital writes differently is joined, with a trace, and at once the next time")
    func joined() async throws {
        try await Referring.with { referring in
            let (first, second) = (try await referring.hospital("First"), try await referring.hospital("Second"))
            let known = try await referring.refer(Self.rosa, from: first)
            let again = try await referring.refer(Self.rosita, from: second)
            #expect(again.stored.referral.participantID == known.stored.referral.participantID)
            let reviews = try await referring.reviews(of: known)
            #expect(reviews.map(\.kind) == [.join])
            #expect(reviews.first?.referralID == again.stored.referral.referralID)
            #expect(reviews.first?.decided == .init(.same, by: "identity-matching", at: referring.clock.now))
            #expect(
                reviews.first?.agreement == [
                    "given-name:nickname", "family-name:close", "birth-date:same", "phone:different",
                    "postal-code:same", "gender:same",
                ])
            #expect(try await referring.openReviews().isEmpty)
            // What the first sender said stays; what the second one adds is there.
            let stored = try await referring.work {
                try await referring.store.participant(known.stored.referral.participantID, in: $0)
            }
            #expect(stored?.identity.givenName == "Rosa")
            #expect(stored?.identity.identifiers.map(\.value) == ["100", "900"])
            // The new spelling leads there by itself now.
            var withoutNumber = Self.rosita
            withoutNumber.identifiers = []
            let third = try await referring.refer(withoutNumber, from: first)
            #expect(third.stored.referral.participantID == known.stored.referral.participantID)
            #expect(try await referring.reviews(of: known).count == 1)
        }
    }

    @Test("a sender cannot tell one who was joined from one who is new")
    func senders() async throws {
        try await Referring.with { referring in
            let (first, second) = (try await referring.hospital("First"), try await referring.hospital("Second"))
            let known = try await referring.refer(Self.rosa, from: first)
            let joined = try await referring.refer(Self.rosita, from: second)
            let new = try await referring.refer(.jane, from: second)
            let shown = try [joined, new].map { try SentReferralView($0) }
            #expect(shown[0].status == shown[1].status && shown[0].version == shown[1].version)
            let (ids, others) = (try #require(known.senderIDs), try #require(joined.senderIDs))
            #expect(
                Set([ids.participantID, ids.referralID, ids.taskID])
                    .isDisjoint(with: [others.participantID, others.referralID, others.taskID]))
        }
    }

    @Test("a twin is registered, and a person is asked")
    func twins() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First")
            let rosa = try await referring.refer(Self.rosa, from: hospital)
            let twin = try await referring.refer(Self.twin, from: hospital)
            #expect(twin.stored.referral.participantID != rosa.stored.referral.participantID)
            let open = try await referring.openReviews()
            #expect(open.map(\.kind) == [.pair])
            #expect(open.first?.participantID == twin.stored.referral.participantID)
            #expect(open.first?.otherID == rosa.stored.referral.participantID)
            #expect(try await referring.reviews(of: rosa) == open)
            #expect(try await referring.reviews(of: twin) == open)
        }
    }

    @Test("a number that leads to somebody of whom everything else says otherwise is believed, and a person is asked")
    func contradiction() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First")
            let rosa = try await referring.refer(Self.rosa, from: hospital)
            var married = Self.rosa
            married.familyName = "Okafor"
            _ = try await referring.refer(married, from: hospital)
            #expect(try await referring.openReviews().isEmpty)
            var other = PersonIdentity.jane
            other.identifiers = Self.rosa.identifiers
            for _ in 1...2 {
                let taken = try await referring.refer(other, from: hospital)
                #expect(taken.stored.referral.participantID == rosa.stored.referral.participantID)
            }
            #expect(try await referring.openReviews().map(\.kind) == [.contradiction])
        }
    }

    @Test("on PostgreSQL people are recognised exactly as in the trial that decision 0021 counts")
    func asInTheTrial() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First")
            let people = MadeUpPeople(120, seed: 11).people
            var (sender, trial) = (MadeUpSender(seed: 12), MatchingTrial(try .standard()))
            var found: [Int: Set<ParticipantID>] = [:]
            for round in 0..<2 {
                for (index, person) in people.enumerated() {
                    let identity = sender.identity(of: person, index)
                    let id = trial.refer(identity, of: index)
                    let taken = try await referring.refer(identity, from: hospital)
                    found[id, default: []].insert(taken.stored.referral.participantID)
                }
                #expect(found.values.allSatisfy { $0.count == 1 }, "round \(round)")
            }
            let all = Set(found.values.joined())
            #expect(all.count == found.count)
            let rows = try await referring.look(
                Statement(
                    "test.kinds", "select count(*) filter (where kind = 'pair')::bigint from referral.identity_review"),
                as: Int.self
            )
            #expect(rows == [trial.figures.reviewPairs] && trial.figures.joinedByWeight.right > 3)
        }
    }

    @Test("nameless patients are joined to nobody, and nobody is asked about them")
    func nameless() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First")
            _ = try await referring.refer(Self.rosa, from: hospital)
            let nameless = PersonIdentity(
                givenName: "Jane", familyName: "Doe", birthDate: CivilDate(year: 1900, month: 1, day: 1),
                gender: .female
            )
            let one = try await referring.refer(nameless, from: hospital)
            let other = try await referring.refer(nameless, from: hospital)
            let nobody = try await referring.refer(PersonIdentity(), from: hospital)
            #expect(Set([one, other, nobody].map(\.stored.referral.participantID)).count == 3)
            #expect(try await referring.openReviews().isEmpty)
        }
    }

    @Test(
        "two hospitals that write the same person differently at once: one participant, one dispatch", arguments: 1...5)
    func atOnce(_ round: Int) async throws {
        try await Referring.with { referring in
            let (first, second) = (try await referring.hospital("First"), try await referring.hospital("Second"))
            async let one = referring.refer(Self.rosa, from: first)
            async let two = referring.refer(Self.rosita, from: second)
            let (a, b) = try await (one, two)
            #expect(a.stored.referral.participantID == b.stored.referral.participantID)
            #expect(a.stored.referral.engagementID == b.stored.referral.engagementID)
            #expect(try await referring.topics() == ["referral.accepted.v1"])
        }
    }

    @Test("guests of one shelter, with birthdays in common, who are referred all at once are all registered, each once")
    func shelter() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("Shelter")
            let names = ["Ngozi", "Piotr", "Hakeem", "Olga", "Rosa", "Kofi"]
            let participants = try await withThrowingTaskGroup(of: ParticipantID.self) { group in
                for number in 0..<24 {
                    let who = number % 12
                    let guest = PersonIdentity(
                        givenName: names[who % 6], familyName: ["Moronston", "Kelanberg"][who / 6],
                        birthDate: CivilDate(year: 1960 + who / 2, month: 3, day: 5), phone: "609-555-0143"
                    )
                    group.addTask {
                        try await referring.refer(guest, from: hospital).stored.referral.participantID
                    }
                }
                return try await group.reduce(into: [ParticipantID]()) { $0.append($1) }
            }
            // Twelve people, each referred twice.
            #expect(Dictionary(grouping: participants) { $0 }.values.map(\.count) == Array(repeating: 2, count: 12))
        }
    }

    @Test("of a crowd behind one telephone those who share most are compared, and a person is told that there are more")
    func crowd() async throws {
        var policy = try MatchPolicy.standard()
        policy.largestBlock = 3
        try await Referring.with(matching: MatchRules(policy, names: try .standard())) { referring in
            let hospital = try await referring.hospital("Shelter")
            let rosa = try await referring.refer(Self.rosa, from: hospital)
            for (number, name) in ["Ngozi", "Piotr", "Hakeem", "Olga"].enumerated() {
                let guest = PersonIdentity(
                    givenName: name, familyName: "Moronston\(number)",
                    birthDate: CivilDate(year: 1960 + number * 7, month: 3 + number, day: 5), phone: "609-555-0143"
                )
                _ = try await referring.refer(guest, from: hospital)
            }
            // The fourth guest found more than three before them.
            #expect(try await referring.openReviews().map(\.kind) == [.crowd])
            let again = try await referring.refer(Self.rosita.with(phone: "609-555-0143"), from: hospital)
            #expect(again.stored.referral.participantID == rosa.stored.referral.participantID)
        }
    }

    @Test("a decision is kept with who and when, is made once, and another agency sees nothing of it")
    func decisions() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First")
            _ = try await referring.refer(Self.rosa, from: hospital)
            _ = try await referring.refer(Self.twin, from: hospital)
            let review = try #require(try await referring.openReviews().first)
            let other = AgencyID(rawValue: UUID())
            try await referring.addAgency(other)
            await #expect(throws: StoreError(.notFound)) {
                try await referring.work(for: other) {
                    _ = try await referring.store.decide(review.reviewID, .same, by: "c", in: $0)
                }
            }
            for _ in 1...2 {
                let decided = try await referring.work {
                    try await referring.store.decide(review.reviewID, .different, by: "coordinator", in: $0).0
                }
                #expect(decided.decided == .init(.different, by: "coordinator", at: referring.clock.now))
            }
            await #expect(throws: IdentityReview.Refusal.alreadyDecided(.different)) {
                try await referring.work {
                    _ = try await referring.store.decide(review.reviewID, .same, by: "c", in: $0)
                }
            }
            #expect(try await referring.openReviews().isEmpty)
        }
    }
}

extension PersonIdentity {
    fileprivate func with(phone: String) -> PersonIdentity {
        var other = self
        other.phone = phone
        return other
    }
}

extension Referring {
    func refer(_ person: PersonIdentity, from partner: PartnerID) async throws -> TakenIn {
        try await work { try await store.takeIn(.emergency(of: person, from: partner), in: $0) }
    }

    func reviews(of taken: TakenIn) async throws -> [IdentityReview] {
        try await work {
            try await store.identityReviews(
                of: taken.stored.referral.participantID, before: nil, atMost: 50, in: $0)
        }
    }

    func openReviews() async throws -> [IdentityReview] {
        try await work { try await store.identityReviews(of: nil, before: nil, atMost: 50, in: $0) }
    }
}
