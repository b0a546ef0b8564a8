import Models
import PeerMatchingDomain
import Testing

struct EligibilityTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var kind = MatchKind.proposal
        var need = Need.routine()
        var policy: @Sendable (inout Policy) -> Void = { _ in }
        var peer: @Sendable (inout Candidate) -> Void
        var grounds: [Ground]
    }

    static let cases: [Case] = [
        Case(testDescription: "a free peer", peer: { _ in }, grounds: []),
        Case(testDescription: "on leave", peer: { $0.status = .onLeave }, grounds: [.notActive]),
        Case(testDescription: "left", peer: { $0.status = .left }, grounds: [.notActive]),
        Case(testDescription: "paused", peer: { $0.pausedUntil = .noon + 1 }, grounds: [.paused]),
        Case(testDescription: "a pause that ends now", peer: { $0.pausedUntil = .noon }, grounds: []),
        Case(testDescription: "full", peer: { $0.caseload = 20 }, grounds: [.caseloadFull]),
        Case(
            testDescription: "full, with this person among the twenty",
            peer: {
                $0.caseload = 20
                $0.supportsParticipant = true
            }, grounds: []),
        Case(testDescription: "a cap of none", peer: { $0.caseloadCap = 0 }, grounds: [.caseloadFull]),
        Case(
            testDescription: "another language", need: .routine().with { $0.languages = ["es"] }, peer: { _ in },
            grounds: [.language]),
        Case(
            testDescription: "a variant of the language", need: .routine().with { $0.languages = ["pt-BR", "es-MX"] },
            peer: { $0.languages = ["en", "es"] }, grounds: []),
        Case(
            testDescription: "a tag that begins alike", need: .routine().with { $0.languages = ["es"] },
            peer: { $0.languages = ["est"] }, grounds: [.language]),
        Case(
            testDescription: "no gender given, one wished for", need: .routine().with { $0.peerGender = "woman" },
            peer: { _ in }, grounds: [.gender]),
        Case(
            testDescription: "the gender wished for", need: .routine().with { $0.peerGender = "woman" },
            peer: { $0.gender = "woman" }, grounds: []),
        Case(
            testDescription: "prison without clearance", need: .routine().with { $0.setting = .prison },
            peer: { _ in }, grounds: [.credential]),
        Case(
            testDescription: "prison with a clearance that ran out yesterday",
            need: .routine().with { $0.setting = .prison },
            peer: {
                $0.credentials = [.init(kind: "prison-entry", expiresOn: Instant.noon.dateInUTC.adding(days: -1))]
            },
            grounds: [.credential]),
        Case(
            testDescription: "prison with a clearance for today", need: .routine().with { $0.setting = .prison },
            peer: { $0.credentials = [.init(kind: "prison-entry", expiresOn: Instant.noon.dateInUTC)] }, grounds: []),
        Case(
            testDescription: "a minor", need: .routine().with { $0.isMinor = true }, peer: { _ in },
            grounds: [.credential]),
        Case(
            testDescription: "the badge of a site", need: .routine().with { $0.siteCredentials = ["badge"] },
            peer: { $0.credentials = [.init(kind: "badge")] }, grounds: []),
        Case(
            testDescription: "years in recovery, not told",
            policy: {
                $0.filters.programmes = [
                    .init(programme: .criticalTimeIntervention, credentials: [], yearsInRecovery: 4)
                ]
            }, peer: { _ in }, grounds: [.timeInRecovery]),
        Case(
            testDescription: "four years in recovery today",
            policy: {
                $0.filters.programmes = [
                    .init(programme: .criticalTimeIntervention, credentials: [], yearsInRecovery: 4)
                ]
            }, peer: { $0.recoverySinceOn = Instant.noon.dateInUTC.adding(months: -48) }, grounds: []),
        Case(
            testDescription: "five years out of the justice system, a day short",
            policy: {
                $0.filters.programmes = [
                    .init(programme: .criticalTimeIntervention, credentials: [], yearsOutOfJustice: 5)
                ]
            }, peer: { $0.outOfJusticeSinceOn = Instant.noon.dateInUTC.adding(months: -60).adding(days: 1) },
            grounds: [.timeOutOfJustice]),
        Case(
            testDescription: "another area", need: .routine().with { $0.area = "essex" },
            peer: { $0.areas = ["mercer"] }, grounds: [.area]),
        Case(
            testDescription: "medication without attestation", need: .routine().with { $0.takesMedication = true },
            peer: { _ in }, grounds: [.medication]),
        Case(
            testDescription: "medication unknown", need: .routine().with { $0.takesMedication = nil },
            peer: { _ in }, grounds: []),
        Case(
            testDescription: "a scene opted out of", need: .routine().with { $0.setting = .treatmentCourt },
            peer: { $0.sceneOptOuts = ["court"] }, grounds: [.scene]),
        Case(testDescription: "an excluded pair", peer: { $0.isExcluded = true }, grounds: [.excludedPair]),
        Case(
            testDescription: "off shift in an emergency", kind: .dispatch, need: .emergency(), peer: { _ in },
            grounds: [.offShift]),
        Case(
            testDescription: "at another bedside", kind: .dispatch, need: .emergency(),
            peer: {
                $0.callOrder = 1
                $0.isOnDispatch = true
            }, grounds: [.onDispatch]),
        Case(
            testDescription: "at a bedside while somebody else waits for weeks", peer: { $0.isOnDispatch = true },
            grounds: []),
        Case(
            testDescription: "everything at once", kind: .dispatch,
            need: .emergency().with { $0.languages = ["es"] },
            peer: {
                $0.status = .left
                $0.isExcluded = true
            }, grounds: [.notActive, .offShift, .language, .excludedPair]),
    ]

    @Test("the hard filters", arguments: cases)
    func filters(_ example: Case) throws {
        var policy = try Policy.standard()
        example.policy(&policy)
        let eligibility = Eligibility(need: example.need, policy: policy, kind: example.kind, now: .noon)
        #expect(eligibility.grounds(against: .peer(1, example.peer)) == example.grounds)
    }

    @Test("what a peer keeps private, or what a pair has against each other, is private ground")
    func privateGrounds() {
        #expect(Ground.allCases.filter(\.isPrivate) == [.timeInRecovery, .timeOutOfJustice, .scene, .excludedPair])
        #expect(Ground.allCases.allSatisfy { !$0.text.isEmpty })
    }
}
