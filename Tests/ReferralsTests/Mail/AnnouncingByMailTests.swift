import Foundation
import HTTPTypes
import JSON
import MessageTable
import Models
import NIOConcurrencyHelpers
import Postgres
import ReferralsDomain
import TestKit
import Testing

@testable import MessageTable
@testable import Referrals

@Suite("Telling a sender by mail that something was updated")
struct AnnouncingByMailTests {
    /// A post office that writes down what it is handed.
    final class Office: Sendable {
        struct Letter: Sendable {
            let text: String
            let addresses: [String]
            let isPatient: Bool
        }

        private let state = NIOLockedValueBox((outcome: SMTPDialogue.Outcome.sent(refused: 0), letters: [Letter]()))

        var letters: [Letter] { state.withLockedValue(\.letters) }

        func answer(_ outcome: SMTPDialogue.Outcome) { state.withLockedValue { $0.outcome = outcome } }

        func take(_ mail: UpdateMail, _ to: [MailAddress], _ isPatient: Bool) throws -> SMTPDialogue.Outcome {
            let sender = try #require(MailAddress("handrail@agency.example"))
            let text = String(decoding: mail.content(from: sender), as: UTF8.self)
            return state.withLockedValue {
                $0.letters.append(Letter(text: text, addresses: to.map(\.text), isPatient: isPatient))
                return $0.outcome
            }
        }
    }

    private static func with(
        _ body: @escaping @Sendable (Referring, PartnerID, Office, DeliverySender) async throws -> Void
    ) async throws {
        try await Referring.with { referring in
            let (store, office) = (referring.mailing.store, Office())
            let mails = MailSender(
                pool: referring.pool, store: store, clock: referring.clock.wall,
                publicURL: "https://referrals.agency.example", logger: .silent
            ) { mail, addresses, isPatient in
                do { return try office.take(mail, addresses, isPatient) } catch { return .failed("test") }
            }
            let sender = DeliverySender(
                pool: referring.workers, clock: referring.clock.wall, logger: .silent
            ) { attempt in await mails.send(attempt) }
            let hospital = try await referring.hospital("Mercy")
            let address = try #require(MailAddress("desk@mercy.example"))
            try await referring.work { work in
                try await store.setMail([address], of: hospital, expecting: 1, by: "operator", in: work)
            }
            try await body(referring.mailing, hospital, office, sender)
        }
    }

    /// Somebody of this name whom the hospital referred, with a consent that names it.
    private static func referred(
        _ name: String, by hospital: PartnerID, in referring: Referring
    ) async throws -> TakenIn {
        var person = PersonIdentity.jane
        (person.givenName, person.identifiers) = (name, [])
        var intake = Intake.emergency(of: person, from: hospital)
        let now = referring.clock.now
        intake.consents = [
            ConsentDraft { consentID, participantID in
                Consent(
                    consentID: consentID, participantID: participantID, discloser: "Agency", information: [.referral],
                    recipient: .partner(hospital), purpose: .treatment, explainsRevocation: true, expiry: .none,
                    signature: .init(signer: .participant, method: .paper), signedAt: now, warnsOfRedisclosure: false)
            }
        ]
        let order = intake
        return try await referring.work { try await referring.store.takeIn(order, in: $0) }
    }

    /// A peer accepts: the hospital is shown that.
    private static func moveOn(_ taken: TakenIn, in referring: Referring) async throws {
        let id = try #require(taken.stored.referral.engagementID)
        try await referring.work { work in
            try await referring.store.report(on: id, in: work) { current in
                current.matched(
                    with: .fixed(5), in: .dispatch, by: .init(.performer, "peer-matching"), at: work.now)
            }
        }
    }

    /// Sends what is due.
    private static func send(_ sender: DeliverySender) async throws {
        while true {
            let claimed = try await sender.claim(10, probes: 10)
            if claimed.isEmpty { return }
            for one in claimed { await sender.carryOut(one) }
        }
    }

    private static func states(_ referring: Referring) async throws -> [String] {
        try await referring.look(
            Statement(
                "test.states",
                "select state || coalesce(' ' || error, '') from message_table.delivery order by next_at, state, error"),
            as: String.self)
    }

    @Test("the mail says that something was updated and where to look, and nothing of anybody")
    func leak() async throws {
        try await Self.with { referring, hospital, office, sender in
            let (participant, path) = try await referring.withConsent(from: hospital)
            try await referring.moveOn()
            try await Self.send(sender)
            let letter = try #require(office.letters.first)
            #expect(letter.addresses == ["desk@mercy.example"])
            let parts = letter.text.components(separatedBy: "\r\n\r\n")
            #expect(
                parts.dropFirst().joined(separator: "\r\n\r\n") == """
                    Something that your organisation sent was updated.\r
                    Please look there:\r
                    https://referrals.agency.example\r
                    \r
                    A machine wrote this. Nobody reads answers to it.\r

                    """)
            #expect(letter.text.contains("\r\nSubject: Updated\r\n"))
            #expect(letter.text.contains("\r\nAuto-Submitted: auto-generated\r\n"))
            #expect(letter.text.contains("\r\nDate: Sun, 22 Nov 2026 09:01:00 +0000\r\n"))
            #expect(!letter.text.contains("mercy"), "one recipient does not see another")
            let ids = try await referring.look(
                Statement(
                    "test.ids",
                    """
                    select referral_id::text from referral.referral
                    union select alias_id::text from referral.partner_alias
                    union select partner_id::text from referral.partner
                    """), as: String.self)
            let person = PersonIdentity.jane
            let words =
                ids + [participant.description, path, "recovery", "substance", "peer", "participant", "patient"]
                + [person.givenName, person.familyName, person.phone, person.postalCode].compactMap(\.self)
            #expect(words.count > 10)
            for word in words { #expect(!letter.text.localizedCaseInsensitiveContains(word), "\(word)") }
            let told = try await referring.look(
                Statement(
                    "test.told",
                    "select count(*) from referral.disclosure where operation_id = 'announceByMail'"), as: Int.self)
            #expect(told == [1], "it is in the person's accounting all the same")
            let sealed = try await referring.look(
                Statement("test.sealed", "select encode(addresses, 'escape') from referral.partner_mail"),
                as: String.self)
            #expect(sealed.count == 1 && sealed.allSatisfy { !$0.contains("mercy") })
        }
    }

    @Test("however much changes, a quarter of an hour lies between two mails, and the last change is told")
    func together() async throws {
        try await Self.with { referring, hospital, office, sender in
            let first = try await Self.referred("Sancho", by: hospital, in: referring)
            let second = try await Self.referred("Teresa", by: hospital, in: referring)
            let third = try await Self.referred("Aldonza", by: hospital, in: referring)
            try await Self.moveOn(first, in: referring)
            try await Self.moveOn(second, in: referring)
            try await Self.send(sender)
            #expect(office.letters.count == 1)
            #expect(try await Self.states(referring) == ["sent", "withdrawn told with another"])
            referring.clock.advance(by: .seconds(60))
            try await Self.moveOn(third, in: referring)
            try await Self.send(sender)
            #expect(office.letters.count == 1, "not a minute later")
            referring.clock.advance(by: .seconds(14 * 60 - 1))
            try await Self.send(sender)
            #expect(office.letters.count == 1)
            referring.clock.advance(by: .seconds(1))
            try await Self.send(sender)
            #expect(office.letters.count == 2)
            referring.clock.advance(by: .seconds(3600))
            try await Self.send(sender)
            #expect(office.letters.count == 2)
            let left = try await Self.states(referring).filter { $0 == "ready" }
            #expect(left.isEmpty)
        }
    }

    @Test("two that were queued before either went out are one mail, and the later one waits")
    func raced() async throws {
        try await Self.with { referring, hospital, office, sender in
            let taken = try await Self.referred("Sancho", by: hospital, in: referring)
            try await Self.moveOn(taken, in: referring)
            let soon = referring.clock.now + .seconds(1)
            let word = MailWord(
                partnerID: hospital, referralID: taken.stored.referral.referralID, at: soon, restsOnConsent: true)
            try await referring.work { try referring.store.queue(word, notBefore: soon, in: $0) }
            try await Self.send(sender)
            referring.clock.advance(by: .seconds(1))
            try await Self.send(sender)
            #expect(office.letters.count == 1)
            #expect(try await Self.states(referring).contains("withdrawn put off"))
            referring.clock.advance(by: MailWord.pause)
            try await Self.send(sender)
            #expect(office.letters.count == 2)
        }
    }

    @Test("what rests on a consent is not told once it is revoked, and nothing to a partner that is shut out")
    func withdrawn() async throws {
        try await Self.with { referring, hospital, office, sender in
            let revoking = try await Self.referred("Sancho", by: hospital, in: referring)
            let other = try await Self.referred("Teresa", by: hospital, in: referring)
            try await Self.moveOn(revoking, in: referring)
            _ = try await referring.work { work in
                let person = try await referring.store.lockPerson(
                    revoking.stored.referral.participantID, in: work)
                return try await referring.store.revoke(
                    try #require(revoking.consentIDs.first), of: person, by: "coordinator", in: work)
            }
            try await Self.send(sender)
            #expect(try await Self.states(referring) == ["withdrawn not to be disclosed any more"])
            try await Self.moveOn(other, in: referring)
            try await referring.work { try await referring.store.disable(hospital, in: $0) }
            try await Self.send(sender)
            #expect(try await Self.states(referring).sorted().last == "withdrawn not wanted any more")
            #expect(office.letters.isEmpty)
        }
    }

    @Test("a server that is away is asked again; one that knows nobody of them is not")
    func failures() async throws {
        try await Self.with { referring, hospital, office, sender in
            office.answer(.failed("RCPT 450"))
            let taken = try await Self.referred("Sancho", by: hospital, in: referring)
            try await Self.moveOn(taken, in: referring)
            for pause in [0, 80, 400] as [Int] {
                referring.clock.advance(by: .seconds(pause))
                try await Self.send(sender)
            }
            #expect(office.letters.map(\.isPatient) == [true, true, false])
            #expect(try await Self.states(referring) == ["ready RCPT 450"])
            office.answer(.refused)
            referring.clock.advance(by: .seconds(2200))
            try await Self.send(sender)
            #expect(try await Self.states(referring) == ["withdrawn every address is refused"])
        }
    }

    @Test("where no mail server is set nothing is queued, and nobody can ask for it")
    func without() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("Mercy")
            let address = try #require(MailAddress("desk@mercy.example"))
            try await referring.work { work in
                try await referring.mailing.store.setMail(
                    [address], of: hospital, expecting: 1, by: "operator", in: work)
            }
            let taken = try await Self.referred("Sancho", by: hospital, in: referring)
            try await Self.moveOn(taken, in: referring)
            #expect(try await Self.states(referring).isEmpty)
            try await referring.calling { client in
                let refused = try await client.call(
                    .put, "/v1/partners/\(hospital)/mail", as: "operator", ifMatch: 2,
                    #"{"addresses": ["a@b.example"]}"#)
                #expect(refused.status == 409 && refused.text.contains("no-mail-server"))
                let ended = try await client.call(
                    .put, "/v1/partners/\(hospital)/mail", as: "operator", ifMatch: 2, #"{"addresses": []}"#)
                #expect(ended.status == 200)
            }
        }
    }

    @Test("operators name up to five addresses, on the version that they read; what is none is said by its place")
    func naming() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("Mercy")
            try await referring.mailing.calling { client in
                let path = "/v1/partners/\(hospital)/mail"
                let two = #"{"addresses": ["a@mercy.example", "b@mercy.example"]}"#
                #expect(try await client.call(.put, path, as: "coordinator", ifMatch: 1, two).status == 403)
                #expect(try await client.call(.put, path, as: "operator", two).status == 428)
                #expect(try await client.call(.put, path, as: "operator", ifMatch: 2, two).status == 412)
                let wrong = #"{"addresses": ["a@mercy.example", "b@mercy.example\r\nRCPT TO:<x@y.example>"]}"#
                let refused = try await client.call(.put, path, as: "operator", ifMatch: 1, wrong)
                #expect(try refused.status == 422 && refused.pointers() == ["/addresses/1"])
                let twice = try await client.call(
                    .put, path, as: "operator", ifMatch: 1, #"{"addresses": ["a@b.example", "a@b.example"]}"#)
                #expect(try twice.pointers() == ["/addresses/1"])
                let six = (0..<6).map { "\"a\($0)@b.example\"" }.joined(separator: ",")
                let many = try await client.call(.put, path, as: "operator", ifMatch: 1, #"{"addresses": [\#(six)]}"#)
                #expect(try many.pointers() == ["/addresses"])
                #expect(try await client.call(.put, path, as: "operator", ifMatch: 1, two).etag == "\"2\"")
                let read = try await client.call(.get, "/v1/partners/\(hospital)", as: "operator")
                #expect(
                    try read.object()["mailAddresses"]?.items.map(\.string) == ["a@mercy.example", "b@mercy.example"])
                #expect(
                    try await client.call(.put, path, as: "operator", ifMatch: 2, #"{"addresses": []}"#).status == 200)
                let none = try await client.call(.get, "/v1/partners/\(hospital)", as: "operator")
                #expect(try none.object()["mailAddresses"] == nil)
            }
        }
    }

    @Test("a renewal of keys brings the addresses under the present key")
    func renewal() async throws {
        try await Self.with { referring, hospital, _, _ in
            func store(_ vault: Vault) -> Store {
                Store(
                    vault: vault, ids: referring.store.ids, rules: .inForce, matching: referring.store.matching,
                    times: referring.store.times, linkages: referring.store.linkages, bedside: referring.store.bedside)
            }
            let during = store(.test(ring: ["one": 1, "two": 2], current: "two"))
            _ = try await referring.work { try await during.renewKeys(after: nil, atMost: 100, in: $0) }
            let after = store(.test(ring: ["two": 2], current: "two"))
            let kept = try await referring.work { try await after.mailAddresses(of: hospital, in: $0) }
            #expect(kept.map(\.text) == ["desk@mercy.example"])
        }
    }
}

extension Referring {
    /// The same, with a mail server.
    var mailing: Referring {
        var store = store
        store.hasMailServer = true
        return Referring(
            database: database, pool: pool, workers: workers, store: store, agencyID: agencyID, clock: clock)
    }
}
