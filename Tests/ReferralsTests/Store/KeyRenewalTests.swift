import FoundationEssentials
import MessageTable
import Models
import Postgres
import ReferralsDomain
import TestKit
import Testing

@testable import Referrals

@Suite("Renewing keys")
struct KeyRenewalTests {
    @Test("through a rotation a person is always found, and afterwards nothing needs the old keys")
    func rotation() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First", webhook: "https://hospital.example/hooks")
            let before = try await referring.work {
                try await referring.store.takeIn(.emergency(of: .jane, from: hospital), in: $0)
            }
            for name in ["Sancho", "Teresa", "Aldonza", "Antonia"] {
                var person = PersonIdentity.jane
                person.givenName = name
                person.identifiers = []
                let somebody = person
                _ = try await referring.work {
                    try await referring.store.takeIn(.emergency(of: somebody, from: hospital), in: $0)
                }
            }
            let id = before.stored.referral.participantID
            let during = Store(
                vault: .test(ring: ["one": 1, "two": 2], current: "two", index: [1: 9, 2: 8]), ids: referring.store.ids,
                rules: .inForce, matching: referring.store.matching,
                times: referring.store.times, linkages: referring.store.linkages,
                bedside: referring.store.bedside)
            let found = try await referring.work {
                try await during.takeIn(.emergency(of: .jane, from: hospital), in: $0)
            }
            #expect(found.stored.referral.participantID == id)

            var steps: [KeyRenewal] = []
            var start: ParticipantID?
            repeat {
                let from = start
                let step = try await referring.work { try await during.renewKeys(after: from, atMost: 2, in: $0) }
                steps.append(step)
                start = step.next
            } while start != nil
            #expect(steps.map(\.rewrapped).reduce(0, +) == 5)
            // Name, phone, sounds and date of five, and one has an identifier.
            #expect(steps.map(\.indexed).reduce(0, +) >= 20)

            let after = Store(
                vault: .test(ring: ["two": 2], current: "two", index: [2: 8]), ids: referring.store.ids,
                rules: .inForce, matching: referring.store.matching,
                times: referring.store.times, linkages: referring.store.linkages,
                bedside: referring.store.bedside)
            let again = try await referring.work {
                try await after.takeIn(.emergency(of: .jane, from: hospital), in: $0)
            }
            #expect(again.stored.referral.participantID == id)
            let person = try await referring.work { try await after.participant(id, in: $0) }
            #expect(person?.identity == .jane)
            #expect(try await referring.work { try await after.webhook(of: hospital, in: $0) } != nil)
            _ = try await referring.work { try await after.renewKeys(after: nil, atMost: 100, in: $0) }
            let versions = try await referring.look(
                Statement("test.versions", "select distinct key_version from referral.participant_blind_index"),
                as: Int.self
            )
            #expect(versions == [2])
        }
    }

    @Test("what is kept without an order is brought under the new key, too")
    func kept() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First")
            let id = referring.store.ids.uuid()
            let patient = KeptResource(
                kind: "Patient", aliasID: id, patientID: id, version: 1, content: [1, 2], keptAt: referring.clock.now)
            try await referring.work { try referring.store.keep(patient, of: hospital, in: $0) }
            func store(_ ring: [String: UInt8]) throws -> Store {
                Store(
                    vault: .test(ring: ring, current: "two"), ids: referring.store.ids, rules: .inForce,
                    matching: referring.store.matching, times: referring.store.times,
                    linkages: referring.store.linkages, bedside: referring.store.bedside)
            }
            let (during, after) = (try store(["one": 1, "two": 2]), try store(["two": 2]))
            _ = try await referring.work { try await during.renewKeys(after: nil, atMost: 9, in: $0) }
            let found = try await referring.work { try await after.kept("Patient", id, of: hospital, in: $0) }
            #expect(found?.content == [1, 2])
        }
    }

    @Test("who was registered before there were these digests gets them by a renewal, and is then recognised")
    func earlier() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First")
            let rosa = try await referring.refer(RecognitionTests.rosa, from: hospital)
            try await referring.fixture(
                """
                delete from referral.participant_blind_index
                where kind in ('phone', 'name_birth_year_phonetic', 'name_phonetic', 'birth_date')
                """)
            let unseen = try await referring.refer(RecognitionTests.twin, from: hospital)
            #expect(try await referring.openReviews().isEmpty)
            let renewal = try await referring.work {
                try await referring.store.renewKeys(after: nil, atMost: 9, in: $0)
            }
            #expect(renewal.indexed == 4 && renewal.rewrapped == 0)
            let known = try await referring.refer(RecognitionTests.rosita, from: hospital)
            #expect(known.stored.referral.participantID == rosa.stored.referral.participantID)
            #expect(unseen.stored.referral.participantID != rosa.stored.referral.participantID)
        }
    }

    @Test("who may be the same person is shown with what they share, and nobody is merged")
    func duplicates() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First")
            var alike = PersonIdentity.jane
            (alike.givenName, alike.familyName, alike.identifiers) = ("Dulcie", "Quixotte", [])
            alike.phone = nil
            var shares = PersonIdentity(
                givenName: "Sancho", familyName: "Panza", birthDate: CivilDate(year: 1970, month: 1, day: 2))
            shares.phone = "609.555.0143"
            let people = [PersonIdentity.jane, alike, shares]
            var ids: [ParticipantID] = []
            for person in people {
                let taken = try await referring.work {
                    try await referring.store.takeIn(.emergency(of: person, from: hospital), in: $0)
                }
                ids.append(taken.stored.referral.participantID)
            }
            #expect(Set(ids).count == 3)
            let jane = try #require(ids.first)
            let found = try await referring.work { try await referring.store.possibleDuplicates(of: jane, in: $0) }
            #expect(Dictionary(uniqueKeysWithValues: found) == [ids[1]: [.namePhoneticBirthYear], ids[2]: [.phone]])
        }
    }
}
