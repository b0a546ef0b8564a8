import FoundationEssentials
import Models
import Postgres
import ReferralsDomain
import ServiceKit
import Testing

@testable import Referrals

/// Two participants who may be one person, each referred by a hospital of their own, without haste.
struct TwoReferred: Sendable {
    let (first, second): (PartnerID, PartnerID)
    let (rosa, carmen): (TakenIn, TakenIn)

    /// Who was registered first.
    var older: ParticipantID { rosa.stored.referral.participantID }
    var younger: ParticipantID { carmen.stored.referral.participantID }

    /// Where the second hospital reads its referral.
    var location: String { "/v1/referrals/\(carmen.senderIDs?.referralID.uuidString ?? "")" }
}

extension Referring {
    /// A referral that sends nobody out.
    func referRoutine(
        _ person: PersonIdentity, from partner: PartnerID, consents: [ConsentDraft] = []
    ) async throws -> TakenIn {
        var intake = Intake.emergency(of: person, from: partner)
        intake.request.setting = .inpatient
        intake.request.priority = .routine
        intake.consents = consents
        let sent = intake
        return try await work { try await store.takeIn(sent, in: $0) }
    }

    func twoReferred() async throws -> TwoReferred {
        let (first, second) = (try await hospital("First"), try await hospital("Second"))
        let rosa = try await referRoutine(RecognitionTests.rosa, from: first)
        clock.advance(by: .seconds(60))
        var carmen = RecognitionTests.twin
        carmen.identifiers = [.init(system: "urn:hospital:2", value: "900")]
        return TwoReferred(
            first: first, second: second, rosa: rosa, carmen: try await referRoutine(carmen, from: second))
    }

    @discardableResult
    func merge(_ id: ParticipantID, into other: ParticipantID) async throws -> StoredPerson {
        try await work { try await store.merge(id, into: other, by: "coordinator", in: $0) }
    }

    @discardableResult
    func unmerge(_ id: ParticipantID) async throws -> StoredPerson {
        try await work { try await store.unmerge(id, by: "supervisor", in: $0) }
    }

    /// A consent that lets a partner know how a referral goes.
    func consent(to partner: PartnerID) -> ConsentDraft {
        ConsentDraft { [clock] consentID, participantID in
            Consent(
                consentID: consentID, participantID: participantID, discloser: "Agency", information: [.referral],
                recipient: .partner(partner), purpose: .treatment, explainsRevocation: true, expiry: .none,
                signature: .init(signer: .participant, method: .paper), signedAt: clock.now,
                warnsOfRedisclosure: true)
        }
    }
}
