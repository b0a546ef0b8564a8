import Models
import ReferralsDomain
import Testing

@Suite("Passwords and attempts")
struct AccountDomainTests {
    @Test(
        "a password is long and gives nothing of the account away",
        arguments: [
            ("short-one-1", PasswordRules.Flaw.length), (String(repeating: "aB3$x", count: 52), .length),
            ("robin.example2026", .login), ("my-ROBIN-is-here", .login), ("welcome to Shore 1", .agency),
            ("aaaaaaaaaaaa", .repetition), ("abababababab", .repetition), ("abc!12abc!12abc!12", .repetition),
            ("abcdefghijklmn", .sequence), ("nmlkjihgfedcba", .sequence), ("qwertyuiopasdf", .sequence),
            ("1234567890123", .sequence), ("01234567890123", .sequence),
        ] as [(String, PasswordRules.Flaw)]
    )
    func refused(_ password: String, _ flaw: PasswordRules.Flaw) {
        let found = PasswordRules.flaw(in: password, login: "robin@clinic.test", agencyName: "Shore Recovery of NJ")
        #expect(found == flaw)
    }

    @Test(
        "length is enough: words, spaces, any script, no classes of characters",
        arguments: [
            "correct horse battery", "kein-zwang-zu-ziffern", "пароль на кириллице", "x7#nq2!vbt0p",
            String(repeating: "aB3$x9q", count: 36) + "tail", "a nj of one's own",
        ])
    func taken(_ password: String) {
        #expect(PasswordRules.flaw(in: password, login: "al", agencyName: "Shore Recovery of NJ") == nil)
    }

    @Test("five attempts are free, then each makes the pause longer, up to a quarter of an hour; a day forgets them")
    func lockOut() {
        let start = Instant(unixSeconds: 1_000_000)
        var lockOut = LockOut(failures: 0, lastAt: start, heldUntil: start)
        for _ in 1...5 { #expect(Self.attempt(&lockOut, at: start)) }
        #expect(!Self.attempt(&lockOut, at: start))
        var now = start
        var pauses: [Duration] = []
        for _ in 1...9 {
            pauses.append(lockOut.heldUntil - now)
            let early = lockOut.heldUntil - .microseconds(1)
            #expect(!Self.attempt(&lockOut, at: early))
            now = lockOut.heldUntil
            #expect(Self.attempt(&lockOut, at: now))
        }
        #expect(pauses == [30, 60, 120, 240, 480, 900, 900, 900, 900].map { .seconds($0) })
        let nextDay = now + .seconds(86_400)
        for _ in 1...5 { #expect(Self.attempt(&lockOut, at: nextDay)) }
        #expect(!Self.attempt(&lockOut, at: nextDay))
    }

    private static func attempt(_ lockOut: inout LockOut, at now: Instant) -> Bool { lockOut.attempt(at: now) }

    @Test(
        "a login is small letters, digits and what addresses need",
        arguments: [
            ("Robin@Clinic.test ", "robin@clinic.test"), ("abc", "abc"), ("ab", nil), ("a b c", nil), ("röbin", nil),
            (String(repeating: "a", count: 65), nil), ("a'; drop--", nil),
        ] as [(String, String?)])
    func logins(_ text: String, _ login: String?) {
        #expect(LoginName(text)?.description == login)
    }
}
