import FoundationEssentials
import MessageTable
import Models
import Postgres
import ReferralsDomain
import ServiceKit
import Testing

@testable import Referrals

@Suite("Merging and unmerging participants, on PostgreSQL")
struct MergeStoreTests {
    /// Everything that is kept of people, but versions and what senders were shown.
    private static let kept = Statement(
        "test.kept",
        """
        select string_agg(line, E'\\n' order by line)
        from (
          select 'participant ' || (p.participant_id, p.given_name, p.family_name, p.phone, p.identifiers)::text as line
          from referral.participant as p
          union all
          select 'digest ' || i::text from referral.participant_blind_index as i
          union all
          select 'consent ' || c::text from referral.consent as c
          union all
          select 'referral ' || (r.referral_id, r.version, r.participant_id, r.engagement_id, r.status)::text
          from referral.referral as r
          union all
          select 'alias ' || a::text from referral.partner_alias as a
          union all
          select 'need ' || n::text from referral.need as n
          union all
          select 'linkage ' || l::text from referral.linkage as l
          union all
          select 'fund ' || f::text from referral.fund_person as f
        ) as everything
        """)

    @Test("nothing is rewritten: after an unmerge everything is as it was, and both times are on record")
    func withoutLoss() async throws {
        try await Referring.with { referring in
            let two = try await referring.twoReferred()
            let fund = try await referring.fund(1000, person: 500)
            for id in [two.older, two.younger] {
                _ = try await referring.offer("phone", for: referring.need("phone", of: id))
                _ = try await referring.reserve(100, of: fund, for: id)
            }
            let before = try await referring.look(Self.kept, as: String.self)
            for round in 1...2 {
                for _ in 1...2 {
                    let person = try await referring.merge(two.younger, into: two.older)
                    #expect(person.ids == PersonIDs(two.older, merged: [two.younger]))
                }
                #expect(try await referring.look(Self.kept, as: String.self) == before, "round \(round)")
                for id in [two.older, two.younger] {
                    let found = try await referring.work { try await referring.store.person(id, in: $0) }
                    #expect(found?.ids == PersonIDs(two.older, merged: [two.younger]))
                }
                for _ in 1...2 {
                    let alone = try await referring.unmerge(two.younger)
                    #expect(alone.ids == PersonIDs(two.younger))
                }
                #expect(try await referring.look(Self.kept, as: String.self) == before, "round \(round)")
            }
            #expect(
                try await referring.topics() == [
                    "referral.accepted.v1", "referral.accepted.v1", "linkage.changed.v1", "linkage.changed.v1",
                    "participant.merged.v1", "participant.unmerged.v1",
                    "participant.merged.v1", "participant.unmerged.v1",
                ])
            let history = try await referring.look(
                Statement(
                    "test.history",
                    """
                    select version || ' ' || merged_by || ' ' || unmerged_by || ' ' || (unmerged_at is not null)
                    from referral.merge_history order by version
                    """), as: String.self)
            #expect(history == ["1 coordinator supervisor true", "3 coordinator supervisor true"])
        }
    }

    @Test("the messages carry who, into whom and a version that counts on, also into another person")
    func messages() async throws {
        try await Referring.with { referring in
            let two = try await referring.twoReferred()
            let third = try await referring.referRoutine(.jane, from: two.first).stored.referral.participantID
            try await referring.merge(two.younger, into: two.older)
            try await referring.unmerge(two.younger)
            try await referring.merge(two.younger, into: third)
            let told = try await referring.look(
                Statement(
                    "test.told",
                    """
                    select topic || ' ' || (payload->>'version') || ' ' || coalesce(payload->>'intoID', payload->>'fromID')
                    from message_table.message where topic like 'participant.%' order by id
                    """), as: String.self)
            #expect(
                told == [
                    "participant.merged.v1 1 \(two.older)", "participant.unmerged.v1 2 \(two.older)",
                    "participant.merged.v1 3 \(third)",
                ])
        }
    }

    @Test("of two merges that exclude each other one wins, and the other is refused", arguments: 1...6)
    func races(_ round: Int) async throws {
        try await Referring.with { referring in
            let two = try await referring.twoReferred()
            let third = try await referring.referRoutine(.jane, from: two.first).stored.referral.participantID
            @Sendable func attempt(_ id: ParticipantID, _ other: ParticipantID) async throws -> MergeRefusal? {
                do {
                    try await referring.merge(id, into: other)
                    return nil
                } catch let refusal as MergeRefusal {
                    return refusal
                }
            }
            // A into B and B into A; A into B and B into C.
            let other = round.isMultiple(of: 2) ? two.older : third
            async let one = attempt(two.older, two.younger)
            async let another = attempt(two.younger, other)
            let refusals = try await [one, another].compactMap(\.self)
            #expect(refusals.count == 1)
            #expect(Set(refusals).isSubset(of: [.alreadyMerged, .remainsAlready]), "\(refusals)")
            let depth = try await referring.look(
                Statement(
                    "test.depth",
                    """
                    select count(*)::bigint from referral.participant_merge as one
                    join referral.participant_merge as other on other.participant_id = one.into_id
                    where other.into_id is not null
                    """), as: Int.self)
            #expect(depth == [0], "who remains is never merged")
        }
    }

    @Test("an unmerge and a consent at once: the sender is shown what it may see after both", arguments: 1...5)
    func consentMeanwhile(_ round: Int) async throws {
        try await Referring.with { referring in
            let two = try await referring.twoReferred()
            try await referring.merge(two.younger, into: two.older)
            async let unmerged = referring.unmerge(two.younger)
            async let recorded: Void = referring.work { work in
                let person = try await referring.store.lockPerson(two.older, in: work)
                let consent = referring.consent(to: two.second).consent(referring.store.ids.new(), two.older)
                try await referring.store.record(consent, of: person, by: "c", in: work)
            }
            _ = try await (unmerged, recorded)
            try await referring.moveOn(two.younger)
            let view = try await referring.work {
                try await referring.store.taken(two.carmen.stored.referral.referralID, in: $0)?.view
            }
            #expect(view?.tellsProgress == false)
            let shown = try await referring.look(
                Statement("test.shown", "select shown_status from referral.referral"), as: String.self)
            #expect(Set(shown) == ["accepted"])
        }
    }

    @Test("a peer on the way to each of two: they are not merged until one visit has ended; to one of them: they are")
    func dispatches() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First")
            let rosa = try await referring.refer(RecognitionTests.rosa, from: hospital).stored.referral
            let twin = try await referring.refer(RecognitionTests.twin, from: hospital).stored.referral
            await #expect(throws: MergeRefusal.twoDispatches) {
                try await referring.merge(twin.participantID, into: rosa.participantID)
            }
            #expect(try await referring.topics() == ["referral.accepted.v1", "referral.accepted.v1"])
            try await referring.work { work in
                try await referring.store.report(on: twin.referralID, in: work) { current in
                    _ = try current.bedsideVisitEnded(
                        .seenAccepted, by: .init(.performer, "peer-matching"), at: work.now)
                }
            }
            try await referring.merge(twin.participantID, into: rosa.participantID)
        }
    }

    @Test("erasing reaches every id of the person; nobody is merged with them or unmerged any more")
    func erasure() async throws {
        try await Referring.with { referring in
            let two = try await referring.twoReferred()
            let third = try await referring.referRoutine(.jane, from: two.first).stored.referral.participantID
            try await referring.merge(two.younger, into: two.older)
            @Sendable func erase() async throws {
                try await referring.work { work in
                    let person = try await referring.store.lockPerson(two.younger, in: work)
                    try await referring.store.erase(person, by: "officer", in: work)
                }
            }
            await #expect(throws: StoreError(.stillSupported)) { try await erase() }
            for taken in [two.rosa, two.carmen] {
                _ = try await referring.work { work in
                    try await referring.store.change(taken.stored.referral.referralID, in: work) { current, _ in
                        try current.close(
                            taken.stored.referral.referralID, .needMet, note: nil, by: .init(.performer, "c"),
                            at: work.now)
                    }
                }
            }
            try await erase()
            let left = try await referring.look(
                Statement(
                    "test.left",
                    """
                    select count(*)::bigint from referral.participant as p
                    where octet_length(data_key) = 0 and given_name is null
                      and not exists (
                        select from referral.participant_blind_index as i where i.participant_id = p.participant_id)
                    """), as: Int.self)
            #expect(left == [2])
            await #expect(throws: MergeRefusal.erased) { try await referring.unmerge(two.younger) }
            await #expect(throws: MergeRefusal.erased) { try await referring.merge(third, into: two.older) }
        }
    }

    @Test(
        "an open pair is settled by a merge that nobody queued; one that has run out of doubt is not asked about again")
    func pairs() async throws {
        try await Referring.with { referring in
            let two = try await referring.twoReferred()
            let review = try #require(try await referring.openReviews().first)
            try await referring.merge(two.younger, into: two.older)
            #expect(try await referring.openReviews().isEmpty)
            #expect(try await referring.reviews(of: two.rosa).first?.decided?.decision == .same)
            for taken in [two.rosa, two.carmen] {
                #expect(try await referring.reviews(of: taken).map(\.reviewID) == [review.reviewID])
            }
            await #expect(throws: IdentityReview.Refusal.areMerged) {
                try await referring.work {
                    _ = try await referring.store.decide(review.reviewID, .different, by: "c", in: $0)
                }
            }
            try await referring.unmerge(two.younger)
            try await referring.work {
                _ = try await referring.store.decide(review.reviewID, .different, by: "c", in: $0)
            }
            for (person, hospital) in [(RecognitionTests.rosa, two.first), (RecognitionTests.twin, two.second)] {
                _ = try await referring.referRoutine(person, from: hospital)
            }
            #expect(try await referring.openReviews().isEmpty)
        }
    }

    @Test("a pair that is decided to be the same is merged: the older one remains, or whom the body names")
    func decided() async throws {
        for wished in [false, true] {
            try await Referring.with { referring in
                let two = try await referring.twoReferred()
                let review = try #require(try await referring.openReviews().first)
                let (remaining, gone) = wished ? (two.younger, two.older) : (two.older, two.younger)
                for _ in 1...2 {
                    let (decided, people) = try await referring.work {
                        try await referring.store.decide(
                            review.reviewID, .same, remaining: wished ? two.younger : nil, by: "c", in: $0)
                    }
                    #expect(decided.decided?.decision == .same && people == [two.older, two.younger])
                }
                let person = try await referring.work { try await referring.store.person(gone, in: $0) }
                #expect(person?.ids == PersonIDs(remaining, merged: [gone]))
                let reviews = try await referring.look(
                    Statement("test.why", "select review_id::text from referral.merge_history"), as: String.self)
                #expect(reviews == [review.reviewID.description])
            }
        }
    }
}

extension Referring {
    /// Moves the work of one participant's engagement on.
    func moveOn(_ participant: ParticipantID) async throws {
        try await work { work in
            for engagement in try await store.openEngagements(of: participant, in: work) {
                try await store.report(on: engagement.engagementID, in: work) { current in
                    current.matched(
                        with: PeerID(rawValue: store.ids.uuid()), in: .proposal, by: .init(.performer, "peer-matching"),
                        at: work.now)
                }
            }
        }
    }
}
