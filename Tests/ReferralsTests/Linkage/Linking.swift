import FoundationEssentials
import Models
import Postgres
import ReferralsDomain
import ServiceKit
import Testing

@testable import Referrals

/// Needs, linkages and funds, as those who stand by people write them down.
extension Referring {
    /// Somebody whom a hospital referred.
    func participant(_ person: PersonIdentity = .jane) async throws -> ParticipantID {
        let hospital = try await hospital("Hospital \(store.ids.uuid())")
        return try await referRoutine(person, from: hospital).stored.referral.participantID
    }

    /// Something that a person lacks.
    func need(_ kind: String, of id: ParticipantID) async throws -> NeedID {
        let needID = store.ids.new(NeedID.self)
        try await work { work in
            let person = try await store.lockPerson(id, in: work)
            try store.insert(
                Need(
                    needID: needID, participantID: person.ids.remaining, kind: kind, openedOn: work.now.dateInUTC,
                    recordedAt: work.now, recordedBy: "peer"),
                note: "in their own words", of: person.remaining, in: work)
        }
        return needID
    }

    /// Something that is offered for it.
    func offer(_ service: String, for needID: NeedID) async throws -> LinkageID {
        let linkageID = store.ids.new(LinkageID.self)
        try await work { work in
            let need = try #require(try await store.need(needID, in: work)).need
            let person = try await store.lockPerson(need.participantID, in: work)
            try await store.offer(
                Linkage(
                    linkageID: linkageID, needID: needID, participantID: need.participantID, service: service,
                    level: .facilitated, entryID: nil, by: "peer", at: work.now),
                words: LinkageWords(provider: "The clinic on the hill", note: nil), ride: nil, of: person, by: "peer",
                in: work)
        }
        return linkageID
    }

    @discardableResult
    func change(
        _ id: LinkageID, _ change: @escaping @Sendable (inout Linkage, Instant) throws -> Void
    ) async throws -> Linkage {
        try await work { work in
            let stored = try #require(try await store.linkage(id, in: work))
            let person = try await store.lockPerson(stored.linkage.participantID, in: work)
            return try await store.change(id, of: person, by: "peer", in: work) { try change(&$0, work.now) }.linkage
        }
    }

    /// It took the person in, now.
    func admit(_ id: LinkageID) async throws {
        try await change(id) { try $0.begin(.admit, on: $1, checkDays: [7, 30, 90], by: "peer", at: $1) }
    }

    /// A fund that pays this year.
    func fund(
        _ amount: Int, person: Int? = nil, kinds: [Fund.Kind] = [], name: String = "Opioid settlement"
    ) async throws -> FundID {
        let id = store.ids.new(FundID.self)
        let day = clock.now.dateInUTC
        try await work { work in
            try await store.insert(
                Fund(
                    fundID: id, name: name, amountCents: amount, personCapCents: person, kinds: kinds,
                    startsOn: day.adding(days: -30), endsOn: day.adding(days: 300)),
                by: "supervisor", in: work)
        }
        return id
    }

    /// Reserves something for somebody.
    func reserve(
        _ cents: Int, of fund: FundID, for id: ParticipantID, kind: String = "transit", on linkage: LinkageID? = nil
    ) async throws -> SpendingID {
        let spendingID = store.ids.new(SpendingID.self)
        try await work { work in
            let person = try await store.lockPerson(id, in: work)
            try await store.reserve(
                Spending(
                    spendingID: spendingID, fundID: fund,
                    participantID: linkage == nil ? person.ids.remaining : id, linkageID: linkage, kind: kind,
                    form: .money, amountCents: cents, reservedAt: work.now, reservedBy: "coordinator"),
                of: person, in: work)
        }
        return spendingID
    }

    /// The same; nil where the fund refuses, with the reason.
    func tryReserve(
        _ cents: Int, of fund: FundID, for id: ParticipantID, kind: String = "transit"
    ) async throws -> FundRefusal? {
        do {
            _ = try await reserve(cents, of: fund, for: id, kind: kind)
            return nil
        } catch let refusal as FundRefusal {
            return refusal
        }
    }

    /// Reserved and spent of a fund.
    func committed(_ fund: FundID) async throws -> Int {
        try #require(try await work { try await store.fund(fund, in: $0) }).committedCents
    }
}

extension PersonIdentity {
    /// One of many people who have nothing in common.
    static func numbered(_ number: Int) -> PersonIdentity {
        let names = ["Abel", "Bruna", "Cyril", "Dorota", "Edgar", "Fatima", "Goran", "Hedwig", "Ivo", "Jolanta"]
        return PersonIdentity(
            givenName: names[number % names.count], familyName: String(names[number % names.count].reversed()) + "sky",
            birthDate: CivilDate(daysSince1970: 3000 + number * 411), phone: "201-555-01\(10 + number)",
            identifiers: [.init(system: "urn:numbered", value: "\(number)")])
    }
}
