import FoundationEssentials
import HTTPTypes
import JSON
import Models
import Postgres
import ReferralsDomain
import TestKit
import Testing

@testable import Referrals
@testable import ServiceKit

@Suite("Signing in")
struct SignInTests {
    @Test("from the first password to a token: a password of one's own, a second factor, then the door opens")
    func first() async throws {
        try await AccountDoor.with { door in
            let (id, first) = try await door.add("Alex@clinic.test", "coordinator")
            let early = try await door.signIn("alex@clinic.test", first)
            #expect(early.status == 403)
            #expect(try early["type"] == "urn:handrail:problem:password-change-needed")
            #expect(try await door.ask("second-factor", "alex@clinic.test", first).status == 403)
            let weak = try await door.ask(
                "password", "alex@clinic.test", first, #", "newPassword": "alex@clinic.test1""#)
            #expect(weak.status == 422)
            #expect(try weak.pointers() == ["/newPassword"])
            let changed = try await door.ask(
                "password", "alex@clinic.test", first, #", "newPassword": "\#(AccountDoor.password)""#)
            #expect(changed.status == 204)
            #expect(try await door.signIn("alex@clinic.test", first).status == 401)
            #expect(try await door.signIn("alex@clinic.test").text.contains("second-factor-needed"))

            let enrolled = try await door.ask("second-factor", "alex@clinic.test")
            #expect(try enrolled["otpauthURL"]?.hasPrefix("otpauth://totp/Handrail:alex%40clinic.test?secret=") == true)
            #expect(try await door.signIn("alex@clinic.test").status == 403)
            let wrong = try await door.ask(
                "second-factor/confirm", "alex@clinic.test", AccountDoor.password, #", "code": "000000""#)
            #expect(wrong.status == 401)
            let code = try await door.code(of: "alex@clinic.test")
            let confirmed = try await door.ask(
                "second-factor/confirm", "alex@clinic.test", AccountDoor.password, #", "code": "\#(code)""#)
            #expect(confirmed.status == 204, "\(confirmed.text)")
            #expect(try await door.signIn("alex@clinic.test").status == 401)
            let again = try await door.signIn("alex@clinic.test", AccountDoor.password, #", "code": "\#(code)""#)
            #expect(again.status == 401)

            door.referring.clock.advance(by: .seconds(30))
            let next = try await door.code(of: "alex@clinic.test")
            let signedIn = try await door.signIn("alex@clinic.test", AccountDoor.password, #", "code": "\#(next)""#)
            #expect(signedIn.status == 200, "\(signedIn.text)")
            #expect(try signedIn["expiresIn"] == "300")
            let token = try #require(try signedIn["accessToken"])
            #expect(try await door.client.call(.get, "/v1/referrals", as: token).status == 200)
            #expect(try await door.client.call(.get, "/v1/accounts", as: token).status == 403)
            let verifier = AccountDoor.verifier(of: door.tokens, for: "scheduling", at: door.referring.clock.wall)
            let principal = try await verifier.principal(token)
            #expect(
                principal == Principal(agencyID: door.referring.agencyID, subject: id, role: .coordinator))
            // Once there is a second factor, a password alone does not replace it.
            let replaced = try await door.ask(
                "second-factor", "alex@clinic.test", AccountDoor.password,
                #", "code": "\#(try await door.code(of: "alex@clinic.test", stepsAhead: 1))""#)
            #expect(replaced.status == 409)
        }
    }

    @Test("whatever is wrong, and whether or not there is such an account, the answer is the same")
    func same() async throws {
        try await AccountDoor.with { door in
            _ = try await door.settled("alex", "peer", AccountDoor.peer)
            let disabled = try await door.settled("blake", "peer", AccountDoor.peer)
            let path = "/v1/accounts/\(disabled)/disable"
            #expect(try await door.client.call(.post, path, as: "operator").status == 204)
            let (_, late) = try await door.add("casey", "peer", AccountDoor.peer)
            door.referring.clock.advance(by: Account.oneTimeLife)
            let other = AgencyID(rawValue: .init())
            try await door.referring.addAgency(other)
            let answers = [
                ("wrong password", try await door.signIn("alex", "wrong horse battery")),
                ("nobody", try await door.signIn("nobody")), ("no login at all", try await door.signIn("'")),
                ("disabled", try await door.signIn("blake")), ("too late", try await door.signIn("casey", late)),
                ("another agency", try await door.signIn("alex", agency: other)),
                ("no agency", try await door.signIn("alex", agency: AgencyID(rawValue: .init()))),
                (
                    "new password, nobody",
                    try await door.ask(
                        "password", "nobody2", "x", #", "newPassword": "something quite else""#)
                ),
                ("second factor, nobody", try await door.ask("second-factor", "nobody3")),
            ]
            for (what, answer) in answers {
                #expect(answer.status == 401, "\(what)")
                var body = try answer.object()
                body["requestID"] = nil
                var first = try answers[0].1.object()
                first["requestID"] = nil
                #expect(body == first, "\(what)")
            }
            #expect(try await door.signIn("alex").status == 200)
        }
    }

    @Test("a login is held after five failures, in the same way where nobody has it; many at once are not free")
    func held() async throws {
        try await AccountDoor.with { door in
            let id = try await door.settled("alex", "peer", AccountDoor.peer)
            for login in ["alex", "nobody"] {
                let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                    for number in 0..<20 {
                        group.addTask { try await door.signIn(login, "wrong horse \(number)").status }
                    }
                    return try await group.reduce(into: [Int]()) { $0.append($1) }
                }
                #expect(statuses == Array(repeating: 401, count: 20))
            }
            let counted = try await door.referring.look(
                Statement("test.attempts", "select failures from referral.sign_in_attempt"), as: Int.self)
            #expect(counted == [5, 5])
            #expect(try await door.signIn("alex").status == 401)
            // What was held was not looked at: only five attempts are on record as tried with the account.
            #expect(try await door.denials(of: id) == 5)
            door.referring.clock.advance(by: .seconds(30))
            #expect(try await door.signIn("alex").status == 200)
            let left = try await door.referring.look(
                Statement("test.attempts_left", "select failures from referral.sign_in_attempt"), as: Int.self)
            #expect(left == [5])
        }
    }

    @Test("one address may fail so often and no more; who comes in does not use it up")
    func address() async throws {
        try await AccountDoor.with(limiter: AttemptLimiter(burst: 3, perSecond: 0.0001)) { door in
            _ = try await door.settled("alex", "peer", AccountDoor.peer)
            for _ in 0..<5 { #expect(try await door.signIn("alex").status == 200) }
            for number in 0..<3 { #expect(try await door.signIn("nobody\(number)").status == 401) }
            #expect(try await door.signIn("alex").status == 429)
            // What the caller itself wrote stands in front of what the proxy saw.
            #expect(try await door.ask("sign-in", "alex", from: "198.51.100.9, 192.0.2.1").status == 429)
            #expect(try await door.ask("sign-in", "alex", from: "192.0.2.1, 198.51.100.9").status == 200)
        }
    }

    @Test("coming in, going on and being refused are on record; who is nobody's account is not named")
    func onRecord() async throws {
        try await AccountDoor.with { door in
            let id = try await door.settled("alex", "peer", AccountDoor.peer)
            _ = try await door.signIn("alex")
            _ = try await door.signIn("alex", "wrong horse battery")
            _ = try await door.signIn("nobody")
            let rows = try await door.referring.look(
                Statement(
                    "test.audit",
                    """
                    select concat_ws(' ', case when subject ~ '^[0-9a-f-]{36}$' then 'account' else subject end, role,
                      operation_id, decision, reason)
                    from referral.audit_event order by at, audit_id
                    """), as: String.self)
            #expect(
                rows == [
                    "operator operator addAccount allow", "account peer changePassword allow",
                    "account peer signIn allow",
                    "account peer signIn deny sign-in",
                ])
            #expect(try await door.denials(of: id) == 1)
            let unnamed = try await door.referring.look(
                Statement("test.unnamed", "select reason || ' ' || operation_id from referral.denied_access"),
                as: String.self)
            #expect(unnamed == ["sign-in signIn"])
        }
    }

    @Test("a participant's login is nowhere to be read, and finds the account all the same")
    func participant() async throws {
        try await AccountDoor.with { door in
            let participant = try await door.participant()
            let id = try await door.settled("robin.example", "participant", #", "participantID": "\#(participant)""#)
            let signedIn = try await door.signIn("Robin.Example")
            #expect(signedIn.status == 200, "\(signedIn.text)")
            let token = try #require(try signedIn["accessToken"])
            #expect(try await door.client.call(.get, "/v1/participants/\(participant)", as: token).status == 200)
            let readable = try await door.referring.look(
                Statement(
                    "test.readable",
                    """
                    select count(*)
                    from (
                      select row_to_json(a)::text as content from referral.account a
                      union all select row_to_json(l)::text from referral.account_login l
                      union all select row_to_json(t)::text from referral.sign_in_attempt t
                      union all select row_to_json(e)::text from referral.audit_event e
                    ) as stored
                    where content ilike '%robin%'
                    """), as: Int.self)
            #expect(readable == [0])
            let list = try await door.client.call(.get, "/v1/accounts", as: "operator")
            #expect(!list.text.contains(id))
            // Its row in the audit trail says whom it is about, for whoever asks what was done with their account.
            let about = try await door.referring.look(
                Statement(
                    "test.about",
                    "select participant_ids[1]::text from referral.audit_event where operation_id = 'signIn'"),
                as: String.self)
            #expect(about == [participant])
        }
    }

    @Test("a key ring that is renewed takes the second factors with it")
    func renewed() async throws {
        try await AccountDoor.with { door in
            _ = try await door.settled("alex", "coordinator")
            #expect(try await door.ask("second-factor", "alex").status == 200)
            let later = Store(
                vault: .test(ring: ["one": 1, "two": 2], current: "two"), ids: door.referring.store.ids,
                rules: .inForce,
                matching: door.referring.store.matching,
                times: door.referring.store.times, linkages: door.referring.store.linkages,
                bedside: door.referring.store.bedside)
            _ = try await door.referring.work { try await later.renewKeys(after: nil, atMost: 10, in: $0) }
            let without = Store(
                vault: .test(ring: ["two": 2], current: "two"), ids: door.referring.store.ids, rules: .inForce,
                matching: door.referring.store.matching,
                times: door.referring.store.times, linkages: door.referring.store.linkages,
                bedside: door.referring.store.bedside)
            let login = try #require(LoginName("alex"))
            let secret = try await door.referring.work { work in
                let account = try #require(try await without.account(login, in: work))
                return try without.timeCode(of: account, in: work.agencyID)
            }
            #expect(secret?.secret.count == 20)
        }
    }

    @Test("logins stay found under a new version of the index keys once they were used with it")
    func reindexed() async throws {
        try await AccountDoor.with { door in
            let login = try #require(LoginName("alex"))
            let id = try await door.settled("alex", "peer", AccountDoor.peer)
            let both = Store(
                vault: .test(index: [1: 9, 2: 8]), ids: door.referring.store.ids, rules: .inForce,
                matching: door.referring.store.matching,
                times: door.referring.store.times, linkages: door.referring.store.linkages,
                bedside: door.referring.store.bedside)
            try await door.referring.work { work in
                let account = try #require(try await both.account(login, in: work))
                try await both.reindex(account.accountID, login: login, in: work)
            }
            let newOnly = Store(
                vault: .test(index: [2: 8]), ids: door.referring.store.ids, rules: .inForce,
                matching: door.referring.store.matching,
                times: door.referring.store.times, linkages: door.referring.store.linkages,
                bedside: door.referring.store.bedside)
            let found = try await door.referring.work {
                try await newOnly.account(login, in: $0)?.accountID.description
            }
            #expect(found == id)
        }
    }
}

extension TokenVerifier {
    /// Who the token says is asking.
    func principal(_ token: String) async throws(Problem) -> Principal { try await authenticator.principal(token) }
}

extension AccountDoor {
    /// How often an account was tried and refused, as the audit trail has it.
    func denials(of account: String) async throws -> Int {
        try await referring.look(
            Statement("test.denials", "select subject from referral.audit_event where decision = 'deny'"),
            as: String.self
        ).count { $0 == account }
    }

    /// Somebody who was referred.
    func participant() async throws -> String {
        let hospital = try await referring.hospital("First")
        let answer = try await client.call(
            .post, "/v1/referrals", as: "coordinator",
            #"{"setting": "emergency-department", "priority": "stat", "person": {"givenName": "Robin"}}"#)
        #expect(answer.status == 201, "\(answer.text) \(hospital)")
        return try #require(
            try await referring.look(
                Statement("test.participant", "select participant_id::text from referral.participant"), as: String.self
            ).first)
    }
}
