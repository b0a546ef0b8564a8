import Models
import PeerMatchingDomain
import Testing

struct PeerTests {
    private static func peer(_ change: (inout Peer) -> Void = { _ in }) -> Peer {
        var peer = Peer(id: first, profile: .init(), terms: .init(displayName: "Maria"), caseload: 3)
        peer.profile.languages = ["en"]
        change(&peer)
        return peer
    }

    struct Wrong: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: @Sendable (inout Peer) -> Void

        init(_ pointer: String, _ change: @escaping @Sendable (inout Peer) -> Void) {
            self.testDescription = pointer
            self.change = change
        }
    }

    @Test(
        "what is wrong with a peer is pointed at",
        arguments: [
            Wrong("/languages") { $0.profile.languages = [] },
            Wrong("/languages") { $0.profile.languages = ["en", "EN"] },
            Wrong("/languages/1") { $0.profile.languages = ["en", "not a language"] },
            Wrong("/gender") { $0.profile.gender = "A Woman" },
            Wrong("/areas/0") { $0.profile.areas = [""] },
            Wrong("/sceneOptOuts/0") { $0.profile.sceneOptOuts = ["Prison!"] },
            Wrong("/disclosures/0/value") { $0.profile.disclosures = [.shared(.veteran, "navy")] },
            Wrong("/disclosures/0/value") { $0.profile.disclosures = [.shared(.substance, "Said in confidence")] },
            Wrong("/disclosures") { $0.profile.disclosures = [.shared(.veteran), .shared(.veteran)] },
            Wrong("/recoverySinceOn") { $0.profile.recoverySinceOn = .day("2030-01-01") },
            Wrong("/displayName") { $0.terms.displayName = "" },
            Wrong("/caseloadCap") { $0.terms.caseloadCap = 2 },
            Wrong("/caseloadCap") { $0.terms.caseloadCap = 1000 },
            Wrong("/credentials/0/expiresOn") {
                $0.terms.credentials = [
                    Credential(
                        kind: "cprs", issuer: "Board", issuedOn: .day("2026-02-01"), expiresOn: .day("2026-01-01"))
                ]
            },
        ]
    )
    func faults(_ wrong: Wrong) {
        #expect(Self.peer(wrong.change).faults(on: .day("2026-11-22")).map(\.pointer) == [wrong.testDescription])
        #expect(Self.peer().faults(on: .day("2026-11-22")).isEmpty)
    }

    @Test("an unverified or expired credential opens no door")
    func credentials() {
        var credential = Credential(
            kind: "cprs", issuer: "Board", issuedOn: .day("2025-01-01"), expiresOn: .day("2026-12-31"))
        #expect(!credential.isValid(on: .day("2026-06-01")))
        credential.verifiedBy = "supervisor-1"
        #expect(credential.isValid(on: .day("2025-01-01")))
        #expect(credential.isValid(on: .day("2026-12-31")))
        #expect(!credential.isValid(on: .day("2027-01-01")))
        #expect(!credential.isValid(on: .day("2024-12-31")))
    }

    @Test(
        "language tags",
        arguments: [
            ("en", true), ("pt-BR", true), ("zh-Hant-TW", true), ("e", false), ("", false),
            ("en--us", false), ("en-", false), ("español", false), ("123", false),
        ])
    func tags(_ text: String, _ isWellFormed: Bool) {
        #expect(LanguageTag(rawValue: text).isWellFormed == isWellFormed)
    }

    @Test(
        "a peer rests between shifts, whichever was entered first",
        arguments: [(10 * 60, true), (10 * 60 - 1, false), (0, false), (-30, false)])
    func rest(_ gapMinutes: Int, _ isAllowed: Bool) throws {
        let rules = try Policy.standard().rota
        let night = Shift(
            id: .number(1), peerID: first, line: "emergency", callOrder: 1, startsAt: .noon, endsAt: .noon + 480)
        let next = Shift(
            id: .number(2), peerID: first, line: "emergency", callOrder: 1, startsAt: .noon + (480 + gapMinutes),
            endsAt: .noon + (960 + gapMinutes))
        #expect(next.leavesRest(after: night, rules) == isAllowed)
        #expect(night.leavesRest(after: next, rules) == isAllowed)
    }

    @Test(
        "a shift has a length, and lasts a day at most",
        arguments: [(0, false), (1, true), (1440, true), (1441, false)])
    func shiftLength(_ minutes: Int, _ isAllowed: Bool) {
        let shift = Shift(
            id: .number(1), peerID: first, line: "emergency", callOrder: 1, startsAt: .noon, endsAt: .noon + minutes)
        #expect(shift.faults().isEmpty == isAllowed)
    }
}
