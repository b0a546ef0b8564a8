import HTTPTypes
import Models
import ReferralsDomain
import ServiceKit
import Testing

@testable import Referrals

@Suite("Hashed passwords and codes")
struct PasswordHashTests {
    @Test("a password is hashed at the cost that OWASP names, with a salt of its own, and only it holds")
    func standard() async throws {
        let hasher = PasswordHasher()
        let stored = try await hasher.hash("correct horse battery")
        #expect(Array(stored.prefix(4)) == [1, 17, 8, 1])
        #expect(stored.count == 52)
        let (right, wrong) = (
            try await hasher.verify("correct horse battery", against: stored),
            try await hasher.verify("correct horse batterz", against: stored)
        )
        #expect(right)
        #expect(!wrong)
        let nobody = try await hasher.verify("correct horse battery", against: nil)
        #expect(!nobody)
    }

    @Test("two hashes of one password differ; one with another cost still holds, one that asks for too much never does")
    func stored() async throws {
        let cheap = ScryptCost(logRounds: 4, blockSize: 8, parallelism: 1)
        let (one, two) = (try PasswordHash.make("x", cost: cheap), try PasswordHash.make("x", cost: cheap))
        #expect(one != two)
        let holds = try await PasswordHasher(cost: ScryptCost(logRounds: 5, blockSize: 8, parallelism: 1))
            .verify("x", against: one)
        #expect(holds)
        for (place, value) in [(0, 2), (1, 30), (1, 0), (2, 255), (3, 0), (3, 200)] as [(Int, UInt8)] {
            var changed = one
            changed[place] = value
            #expect(try !PasswordHash.holds("x", changed), "\(place) \(value)")
        }
        #expect(try !PasswordHash.holds("x", []))
        #expect(try !PasswordHash.holds("x", Array(one.dropLast())))
    }

    @Test("only so many wait to be hashed; the others are asked to come again")
    func bounded() async throws {
        let hasher = PasswordHasher(cost: ScryptCost(logRounds: 12, blockSize: 8, parallelism: 1), width: 2)
        let outcomes = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    do {
                        return try await hasher.hash("x").isEmpty ? 0 : 200
                    } catch {
                        return (error as? Problem)?.status.code ?? 0
                    }
                }
            }
            return await group.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
        }
        #expect(Set(outcomes.keys) == [200, 503])
        #expect(outcomes[200] ?? 0 >= 32)
    }

    @Test(
        "codes are those of RFC 6238's appendix B",
        arguments: [
            (59, "94287082"), (1_111_111_109, "07081804"), (1_111_111_111, "14050471"), (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"), (20_000_000_000, "65353130"),
        ] as [(Int64, String)])
    func vectors(_ seconds: Int64, _ code: String) {
        let secret = TimeCode(secret: Array("12345678901234567890".utf8))
        #expect(secret.code(step: seconds / 30, digits: 8) == code)
        #expect(secret.code(step: seconds / 30) == String(code.suffix(6)))
    }

    @Test("a code counts in its step and the ones beside it, and not again")
    func steps() {
        let secret = TimeCode(secret: Array("12345678901234567890".utf8))
        let now = Instant(unixSeconds: 30_000)
        for (step, isTaken) in [(998, false), (999, true), (1000, true), (1001, true), (1002, false)] as [(Int64, Bool)]
        {
            #expect(secret.step(of: secret.code(step: step), at: now, after: nil) == (isTaken ? step : nil))
        }
        #expect(secret.step(of: secret.code(step: 1000), at: now, after: 1000) == nil)
        #expect(secret.step(of: secret.code(step: 999), at: now, after: 1000) == nil)
        #expect(secret.step(of: secret.code(step: 1001), at: now, after: 1000) == 1001)
        for wrong in ["", "12345", "abcdef", secret.code(step: 1000) + " "] {
            #expect(secret.step(of: wrong, at: now, after: nil) == nil)
        }
    }

    @Test("a device reads the secret in base 32 (RFC 4648)")
    func device() throws {
        for (plain, text) in [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foobar", "MZXW6YTBOI")] {
            #expect(Base32.encode(Array(plain.utf8)) == text)
        }
        let login = try #require(LoginName("al+x@clinic.test"))
        #expect(
            TimeCode(secret: Array("foobar".utf8)).url(login: login)
                == "otpauth://totp/Handrail:al%2Bx%40clinic.test?secret=MZXW6YTBOI&issuer=Handrail&algorithm=SHA1"
                + "&digits=6&period=30")
    }
}
