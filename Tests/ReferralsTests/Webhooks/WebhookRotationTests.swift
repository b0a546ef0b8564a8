import Crypto
import Foundation
import HTTPTypes
import MessageTable
import Models
import NIOConcurrencyHelpers
import Postgres
import ReferralsDomain
import TestKit
import Testing

@testable import Referrals

@Suite("Changing a partner's webhook and its secret")
struct WebhookRotationTests {
    private static let url = "https://hospital.example/hooks"

    /// Those of the secrets with which a request is signed, as Standard Webhooks has it, and how many signatures there are.
    private static func signers(
        of request: WebhookRequest, among secrets: [String]
    ) throws -> (signers: [Int], signatures: Int) {
        let id = try #require(request.headers["webhook-id"])
        let timestamp = try #require(request.headers["webhook-timestamp"])
        let parts = try #require(request.headers["webhook-signature"]).split(separator: " ")
        let signers = try secrets.indices.filter { index in
            let key = try #require(Data(base64Encoded: String(secrets[index].dropFirst("whsec_".count))))
            let code = HMAC<SHA256>.authenticationCode(
                for: Data("\(id).\(timestamp).".utf8) + Data(request.body), using: SymmetricKey(data: key))
            return parts.contains("v1,\(Data(code).base64EncodedString())")
        }
        return (signers, parts.count)
    }

    private static let earlier = Statement(
        "test.earlier", "select earlier_webhook_secret is not null from referral.partner where webhook_url is not null")

    @Test("for a day the old secret and the new one both sign; then the new one alone, and the old one is forgotten")
    func overlap() async throws {
        try await Referring.with { referring in
            let (first, _, hospital) = try await ReferralsGroupTests.shared(referring, webhook: Self.url)
            let group = ReferralsGroup(store: referring.store)
            try await referring.work { try await group.handle(ReferralsGroupTests.match(referring, first), $0) }
            let payload = try #require(
                try await referring.look(
                    Statement("test.payloads", "select payload from message_table.delivery"), as: JSONB.self
                ).first)
            let attempt = DeliveryAttempt(
                agencyID: referring.agencyID, deliveryID: UUID(), partner: hospital.description, kind: "task-changed",
                subjectID: nil, payload: payload, idempotencyKey: "k", attempt: 1)
            let posted = NIOLockedValueBox([WebhookRequest]())
            let sender = WebhookSender(pool: referring.pool, store: referring.store, clock: referring.clock.wall) {
                request in
                posted.withLockedValue { $0.append(request) }
                return 200
            }
            let secrets = NIOLockedValueBox([String]())
            secrets.withLockedValue { $0.append("") }
            let told = try await referring.work { try await referring.store.webhook(of: hospital, in: $0) }
            secrets.withLockedValue { $0[0] = "whsec_" + Data(told?.secret ?? []).base64EncodedString() }
            try await referring.calling { client in
                for version in [1, 2] {
                    let rotated = try await client.call(
                        .post, "/v1/partners/\(hospital)/webhook/rotate", as: "operator", ifMatch: version)
                    #expect(rotated.status == 200 && rotated.etag == "\"\(version + 1)\"", "\(rotated.text)")
                    let secret = try #require(try rotated["webhookSecret"])
                    secrets.withLockedValue { $0.append(secret) }
                    #expect(await sender.send(attempt) == .sent)
                }
            }
            let all = secrets.withLockedValue { $0 }
            #expect(Set(all).count == 3)
            let (both, two) = try Self.signers(of: posted.withLockedValue { $0[0] }, among: all)
            #expect(both == [0, 1] && two == 2)
            let (again, stillTwo) = try Self.signers(of: posted.withLockedValue { $0[1] }, among: all)
            #expect(again == [1, 2] && stillTwo == 2, "a second rotation ends the first secret at once")

            referring.clock.advance(by: .seconds(24 * 3600 - 1))
            #expect(await sender.send(attempt) == .sent)
            #expect(try Self.signers(of: posted.withLockedValue { $0[2] }, among: all).signers == [1, 2])
            referring.clock.advance(by: .seconds(1))
            // The consent of this fixture ends with that day, and with it the webhook: what it reads is forgotten all the same.
            _ = try await referring.work { try await referring.store.webhook(of: hospital, in: $0) }
            let now = try await referring.work { try await referring.store.webhook(of: hospital, in: $0) }
            #expect(now?.secrets.map { "whsec_" + Data($0).base64EncodedString() } == [all[2]])
            #expect(try await referring.look(Self.earlier, as: Bool.self) == [false])
        }
    }

    @Test("operators set and end a webhook on the version they read; a secret is told once, when it is made")
    func changing() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First")
            try await referring.calling { client in
                let path = "/v1/partners/\(hospital)/webhook"
                let body = #"{"webhookURL": "https://hospital.example/hooks"}"#
                for role in ["coordinator", "supervisor", "partner:\(hospital)"] {
                    #expect(try await client.call(.put, path, as: role, ifMatch: 1, body).status == 403)
                    #expect(try await client.call(.post, "\(path)/rotate", as: role, ifMatch: 1).status == 403)
                }
                #expect(try await client.call(.put, path, as: "operator", body).status == 428)
                #expect(try await client.call(.post, "\(path)/rotate", as: "operator").status == 428)
                #expect(try await client.call(.put, path, as: "operator", ifMatch: 7, body).status == 412)
                let none = try await client.call(.post, "\(path)/rotate", as: "operator", ifMatch: 1)
                #expect(none.status == 409 && none.text.contains("no-webhook"))
                for wrong in [
                    "{}", #"{"webhookURL": 1}"#, #"{"webhookURL": "http://169.254.169.254/"}"#, #"{"webhookURL": ""}"#,
                ] {
                    let refused = try await client.call(.put, path, as: "operator", ifMatch: 1, wrong)
                    #expect(refused.status == 422)
                    #expect(try refused.pointers() == ["/webhookURL"], "\(wrong)")
                }
                let set = try await client.call(.put, path, as: "operator", ifMatch: 1, body)
                #expect(set.status == 200 && set.etag == "\"2\"", "\(set.text)")
                let secret = try #require(try set["webhookSecret"])
                let moved = try await client.call(
                    .put, path, as: "operator", ifMatch: 2, #"{"webhookURL": "https://hospital.example/new"}"#)
                #expect(moved.status == 200)
                #expect(try moved["webhookSecret"] == nil, "it keeps the secret that it has")
                let read = try await client.call(.get, "/v1/partners/\(hospital)", as: "operator")
                #expect(try read["webhookURL"] == "https://hospital.example/new" && read["webhookSecret"] == nil)
                #expect(
                    try await client.call(.post, "\(path)/rotate", as: "operator", ifMatch: 3).status == 200)
                let again = try await client.call(.post, "\(path)/rotate", as: "operator", ifMatch: 3)
                #expect(again.status == 412, "a request that is sent twice does not end the secret that is in use")
                let ended = try await client.call(
                    .put, path, as: "operator", ifMatch: 4, #"{"webhookURL": null}"#)
                #expect(try ended.status == 200 && ended["webhookURL"] == nil)
                #expect(try await referring.work { try await referring.store.webhook(of: hospital, in: $0) } == nil)
                let back = try await client.call(.put, path, as: "operator", ifMatch: 5, body)
                #expect(try #require(try back["webhookSecret"]) != secret, "what was told before is over")
                #expect(try await referring.look(Self.earlier, as: Bool.self) == [false])
            }
        }
    }

    @Test("a renewal of keys brings both secrets under the present key, and forgets one whose day is over")
    func renewal() async throws {
        try await Referring.with { referring in
            let (running, over) = (
                try await referring.hospital("Running", webhook: Self.url),
                try await referring.hospital("Over", webhook: Self.url)
            )
            _ = try await referring.work {
                try await referring.store.rotateWebhookSecret(of: over, expecting: 1, in: $0)
            }
            referring.clock.advance(by: .seconds(24 * 3600))
            _ = try await referring.work {
                try await referring.store.rotateWebhookSecret(of: running, expecting: 1, in: $0)
            }
            let before = try await referring.work { try await referring.store.webhook(of: running, in: $0) }
            func store(_ vault: Vault) -> Store {
                Store(
                    vault: vault, ids: referring.store.ids, rules: .inForce, matching: referring.store.matching,
                    times: referring.store.times, linkages: referring.store.linkages, bedside: referring.store.bedside)
            }
            let during = store(.test(ring: ["one": 1, "two": 2], current: "two"))
            _ = try await referring.work { try await during.renewKeys(after: nil, atMost: 100, in: $0) }
            let counted = Statement(
                "test.counted",
                "select count(earlier_webhook_secret) || ' of ' || count(webhook_secret) from referral.partner")
            #expect(try await referring.look(counted, as: String.self) == ["1 of 2"])
            let after = store(.test(ring: ["two": 2], current: "two"))
            let kept = try await referring.work { try await after.webhook(of: running, in: $0) }
            #expect(kept == before && kept?.secrets.count == 2)
            #expect(try await referring.work { try await after.webhook(of: over, in: $0) }?.secrets.count == 1)
        }
    }
}
