import Models
import ReferralsDomain
import TestKit
import Testing

@Suite("Two participants who are one person")
struct MergeTests {
    static let (a, b, c): (ParticipantID, ParticipantID, ParticipantID) = (.fixed(1), .fixed(2), .fixed(3))

    @Test("merged is odd, unmerged is even, the same again is nothing, and into whom may change in between")
    func versions() throws {
        var state = MergeState.never
        #expect(throws: MergeRefusal.neverMerged) { try state.unmerge() }
        for (round, into) in [Self.b, Self.c, Self.b].enumerated() {
            let merged = try state.merge(into: into)
            let again = try state.merge(into: into)
            #expect(merged && !again)
            #expect(state == MergeState(version: round * 2 + 1, intoID: into))
            let other = into == Self.b ? Self.c : Self.b
            #expect(throws: MergeRefusal.alreadyMerged) { try state.merge(into: other) }
            let taken = try state.unmerge()
            let takenAgain = try state.unmerge()
            #expect(taken && !takenAgain)
            #expect(state == MergeState(version: round * 2 + 2, intoID: nil))
        }
    }

    /// Who goes, into whom, and what is in the way.
    struct Attempt: Sendable, CustomTestStringConvertible {
        let what: String
        var gone = MergeSide(PersonIDs(a))
        var into = MergeSide(PersonIDs(b))
        var goneID = a
        var intoID = b
        var state = MergeState.never
        let refusal: MergeRefusal

        var testDescription: String { what }
    }

    static let attempts: [Attempt] = [
        Attempt(what: "oneself", into: MergeSide(PersonIDs(a)), intoID: a, refusal: .withItself),
        Attempt(
            what: "merged into a third", gone: MergeSide(PersonIDs(c, merged: [a])),
            state: MergeState(version: 1, intoID: c), refusal: .alreadyMerged),
        Attempt(
            what: "the other way round", gone: MergeSide(PersonIDs(a, merged: [b])),
            into: MergeSide(PersonIDs(a, merged: [b])), refusal: .alreadyMerged),
        Attempt(what: "into one who was merged", into: MergeSide(PersonIDs(c, merged: [b])), refusal: .alreadyMerged),
        Attempt(
            what: "both merged into a third", gone: MergeSide(PersonIDs(c, merged: [a, b])),
            into: MergeSide(PersonIDs(c, merged: [a, b])), state: MergeState(version: 3, intoID: c),
            refusal: .alreadyMerged),
        Attempt(what: "has others", gone: MergeSide(PersonIDs(a, merged: [c])), refusal: .remainsAlready),
        Attempt(
            what: "both have others", gone: MergeSide(PersonIDs(a, merged: [c])),
            into: MergeSide(PersonIDs(b, merged: [.fixed(4)])), refusal: .bothRemain),
        Attempt(what: "erased", gone: MergeSide(PersonIDs(a), isErased: true), refusal: .erased),
        Attempt(what: "into an erased one", into: MergeSide(PersonIDs(b), isErased: true), refusal: .erased),
        Attempt(
            what: "two dispatches", gone: MergeSide(PersonIDs(a), isDispatching: true),
            into: MergeSide(PersonIDs(b), isDispatching: true), refusal: .twoDispatches),
    ]

    @Test("refused, each for its reason", arguments: attempts)
    func refused(_ attempt: Attempt) {
        #expect(throws: attempt.refusal) {
            try MergeSide.merging(
                (attempt.goneID, attempt.state, attempt.gone), into: (attempt.intoID, attempt.into))
        }
    }

    @Test("into one who has others, with one dispatch, and again after an unmerge; merged so already it is nothing new")
    func merged() throws {
        let into = MergeSide(PersonIDs(Self.b, merged: [Self.c]))
        let gone = MergeSide(PersonIDs(Self.a), isDispatching: true)
        let before = MergeState(version: 2, intoID: nil)
        #expect(
            try MergeSide.merging((Self.a, before, gone), into: (Self.b, into))
                == MergeState(version: 3, intoID: Self.b))
        let one = MergeSide(PersonIDs(Self.b, merged: [Self.a, Self.c]))
        let state = MergeState(version: 3, intoID: Self.b)
        #expect(try MergeSide.merging((Self.a, state, one), into: (Self.b, one)) == nil)
    }

    @Test("where nobody says, the one who has others remains, else the older one, whoever is named first")
    func older() {
        let (a, b) = (PersonIDs(Self.a), PersonIDs(Self.b))
        let withOthers = PersonIDs(Self.b, merged: [Self.c])
        for (one, other, remaining) in [(a, b, a), (a, withOthers, withOthers)] {
            #expect(PersonIDs.older(of: one, other) == remaining)
            #expect(PersonIDs.older(of: other, one) == remaining)
        }
    }

    @Test("that a pair is one can be taken back once they are not merged any more; that they are two stays")
    func reviews() throws {
        func review(_ kind: IdentityReview.Kind = .pair) -> IdentityReview {
            IdentityReview(
                reviewID: .fixed(9), kind: kind, participantID: Self.b, otherID: kind == .pair ? Self.a : nil,
                referralID: .fixed(8), policyVersion: 1, score: nil, agreement: [], foundAt: .noon)
        }
        var pair = review()
        #expect(throws: IdentityReview.Refusal.areMerged) {
            try pair.decide(.different, areMerged: true, by: "x", at: .noon)
        }
        let same = try pair.decide(.same, by: "x", at: .noon)
        let again = try pair.decide(.same, areMerged: true, by: "y", at: .noon)
        #expect(same && !again)
        #expect(throws: IdentityReview.Refusal.areMerged) {
            try pair.decide(.different, areMerged: true, by: "x", at: .noon)
        }
        let different = try pair.decide(.different, by: "z", at: .noon)
        #expect(different && pair.decided == .init(.different, by: "z", at: .noon))
        #expect(throws: IdentityReview.Refusal.alreadyDecided(.different)) {
            try pair.decide(.same, by: "x", at: .noon)
        }
        var contradiction = review(.contradiction)
        _ = try contradiction.decide(.same, by: "x", at: .noon)
        #expect(throws: IdentityReview.Refusal.alreadyDecided(.same)) {
            try contradiction.decide(.different, by: "x", at: .noon)
        }
    }

    @Test("of participants who are one person the best match counts, once")
    func best() {
        func match(_ verdict: IdentityMatch.Verdict, _ score: Int) -> IdentityMatch {
            IdentityMatch(verdict: verdict, score: score, agreements: [])
        }
        let best = IdentityMatch.best(of: [
            (candidate: "a", person: 1, match: match(.possible, 9500)), ("b", 1, match(.same, 9000)),
            ("c", 2, match(.possible, 100)), ("d", 2, match(.possible, 200)), ("e", 1, match(.same, 8000)),
        ])
        #expect(best.map(\.candidate) == ["b", "d"])
        #expect(IdentityMatch.chosen(of: best.map { ($0.candidate, $0.match) }) == "b")
    }
}
