import FoundationEssentials
import HTTPTypes
import JSON
import Models
import Postgres
import ReferralsDomain
import ServiceKit
import TestKit
import Testing

@testable import Referrals

@Suite("Sessions")
struct SessionTests {
    private static func signedIn(_ door: AccountDoor) async throws -> (access: String, refresh: String) {
        let answer = try await door.signIn("alex")
        #expect(answer.status == 200, "\(answer.text)")
        return (try #require(try answer["accessToken"]), try #require(try answer["refreshToken"]))
    }

    private static func with(_ body: @escaping @Sendable (AccountDoor, String) async throws -> Void) async throws {
        try await AccountDoor.with { door in
            try await body(door, try await door.settled("alex", "peer", AccountDoor.peer))
        }
    }

    @Test("a session goes on with a new token each time; an old one ends it for both who have it")
    func rotation() async throws {
        try await Self.with { door, _ in
            let first = try await Self.signedIn(door).refresh
            let second = try #require(try await door.refresh(first)["refreshToken"])
            let third = try #require(try await door.refresh(second)["refreshToken"])
            #expect(Set([first, second, third]).count == 3)
            let stored = try await door.referring.look(
                Statement("test.tokens", "select digest from referral.refresh_token"), as: String.self)
            #expect(stored.count == 3)
            #expect(!stored.contains { [first, second, third].contains($0) })
            let replayed = try await door.refresh(first)
            #expect(replayed.status == 401)
            #expect(try await door.refresh(third).status == 401)
            let ended = try await door.referring.look(
                Statement("test.ended", "select ended_by from referral.account_session"), as: String.self)
            #expect(ended == ["replay"])
            // A new session is not touched by the old one's tokens.
            let fresh = try await Self.signedIn(door).refresh
            #expect(try await door.refresh(third).status == 401)
            #expect(try await door.refresh(fresh).status == 200)
        }
    }

    @Test("of two who bring one token at the same moment at most one goes on")
    func atOnce() async throws {
        try await Self.with { door, _ in
            let token = try await Self.signedIn(door).refresh
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 { group.addTask { try await door.refresh(token).status } }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 200 } == 1)
            #expect(statuses.count { $0 == 401 } == 7)
        }
    }

    @Test("a session that stands still for an hour, or lasts twelve, is over")
    func times() async throws {
        try await Self.with { door, _ in
            let idle = try await Self.signedIn(door).refresh
            door.referring.clock.advance(by: .seconds(3600))
            #expect(try await door.refresh(idle).status == 401)
            var token = try await Self.signedIn(door).refresh
            for _ in 0..<12 {
                door.referring.clock.advance(by: .seconds(3590))
                token = try #require(try await door.refresh(token)["refreshToken"])
            }
            door.referring.clock.advance(by: .seconds(121))
            #expect(try await door.refresh(token).status == 401)
        }
    }

    @Test("what is no token, or of no session, is answered like one that is over")
    func noToken() async throws {
        try await Self.with { door, _ in
            let agency = door.referring.agencyID
            let nobodys = RefreshToken.new(in: agency).text
            for text in [nobodys, RefreshToken.new(in: AgencyID(rawValue: .init())).text, "", "a.b", "\(agency).", "x"]
            {
                let answer = try await door.refresh(text)
                #expect(answer.status == 401, "\(text)")
                #expect(try answer["type"] == "urn:handrail:problem:session-ended")
                let out = try await door.client.call(
                    .post, "/auth/sign-out", as: "-", #"{"refreshToken": "\#(text)"}"#)
                #expect(out.status == 204, "\(text)")
            }
        }
    }

    @Test("signing out, another password, a reset and being disabled each end what is open")
    func ends() async throws {
        try await Self.with { door, id in
            let out = try await Self.signedIn(door).refresh
            _ = try await door.client.call(.post, "/auth/sign-out", as: "-", #"{"refreshToken": "\#(out)"}"#)
            #expect(try await door.refresh(out).status == 401)

            let (before, other) = (try await Self.signedIn(door).refresh, try await Self.signedIn(door).refresh)
            let changed = try await door.ask(
                "password", "alex", AccountDoor.password, #", "newPassword": "another horse battery""#)
            #expect(changed.status == 204)
            for token in [before, other] { #expect(try await door.refresh(token).status == 401) }

            let again = try await door.signIn("alex", "another horse battery")
            let kept = try #require(try again["refreshToken"])
            let reset = try await door.client.call(.post, "/v1/accounts/\(id)/reset", as: "operator")
            #expect(reset.status == 200)
            #expect(try await door.refresh(kept).status == 401)
            #expect(try await door.signIn("alex", "another horse battery").status == 401)
            let first = try #require(try reset["password"])
            #expect(try await door.signIn("alex", first).status == 403)

            _ = try await door.ask("password", "alex", first, #", "newPassword": "\#(AccountDoor.password)""#)
            let last = try await Self.signedIn(door).refresh
            #expect(try await door.client.call(.post, "/v1/accounts/\(id)/disable", as: "operator").status == 204)
            #expect(try await door.refresh(last).status == 401)
            #expect(try await door.client.call(.post, "/v1/accounts/\(id)/reset", as: "operator").status == 404)
        }
    }

    @Test("one sees and ends one's own sessions; an operator also those of others; to everybody else there are none")
    func listed() async throws {
        try await Self.with { door, id in
            let (access, refresh) = try await Self.signedIn(door)
            door.referring.clock.advance(by: .seconds(1))
            _ = try await Self.signedIn(door)
            let path = "/v1/accounts/\(id)/sessions"
            let own = try await door.client.call(.get, path, as: access).items()
            #expect(own.count == 2)
            let session = try #require(own.first?["sessionID"]?.string)
            #expect(try await door.client.call(.get, path, as: "coordinator").status == 404)
            #expect(
                try await door.client.call(.post, "\(path)/\(session)/revoke", as: "coordinator").status == 404)
            #expect(try await door.client.call(.get, path, as: "operator").items().count == 2)
            #expect(try await door.client.call(.post, "\(path)/\(session)/revoke", as: access).status == 204)
            #expect(try await door.refresh(refresh).status == 401)
            let second = try #require(own.last?["sessionID"]?.string)
            #expect(try await door.client.call(.post, "\(path)/\(second)/revoke", as: "operator").status == 204)
            #expect(try await door.client.call(.post, "\(path)/\(second)/revoke", as: "operator").status == 404)
            #expect(try await door.client.call(.get, path, as: "operator").items().isEmpty)
        }
    }

    @Test("operators add accounts, each login once, with what the role needs and for people only")
    func added() async throws {
        try await AccountDoor.with { door in
            _ = try await door.add("alex", "coordinator")
            for (body, status) in [
                (#"{"login": "Alex", "role": "supervisor"}"#, 409), (#"{"login": "x", "role": "supervisor"}"#, 422),
                (#"{"login": "blake", "role": "peer"}"#, 422), (#"{"login": "blake", "role": "participant"}"#, 422),
                (#"{"login": "blake", "role": "service"}"#, 422), (#"{"login": "blake", "role": "partner"}"#, 422),
                (#"{"login": "blake", "role": "supervisor"\#(AccountDoor.peer)}"#, 422),
                (
                    #"{"login": "b2k", "role": "participant", "participantID": "0193a1b0-0000-7000-8000-00000000000a"}"#,
                    404
                ),
            ] {
                #expect(
                    try await door.client.call(.post, "/v1/accounts", as: "operator", body).status == status, "\(body)")
            }
            for role in ["coordinator", "supervisor", "service"] {
                let answer = try await door.client.call(
                    .post, "/v1/accounts", as: role, #"{"login": "blake", "role": "supervisor"}"#)
                #expect(answer.status == 403, "\(role)")
            }
            let list = try await door.client.call(.get, "/v1/accounts", as: "operator").items()
            #expect(list.map { $0["login"]?.string } == ["alex"])
            #expect(list.first?["password"] == nil)
        }
    }
}
