import Confidentiality
import Models
import ReferralsDomain
import TestKit
import Testing

@Suite("Consent")
struct ConsentTests {
    static let hospital = PartnerID.fixed(11)

    static func consent(_ change: (inout Consent) -> Void = { _ in }) -> Consent {
        var consent = Consent(
            consentID: .fixed(1), participantID: .fixed(9), discloser: "The agency",
            information: [.referral, .contact],
            recipient: .partner(hospital), purpose: .treatment, explainsRevocation: true,
            expiry: .at(.noon + .seconds(3600)), signature: .init(signer: .participant, method: .electronic),
            signedAt: .noon - .seconds(3600), warnsOfRedisclosure: false
        )
        change(&consent)
        return consent
    }

    @Test("the terms of a consent are what a decision needs of it")
    func terms() {
        let terms = Self.consent().terms
        #expect(terms.recipient == .organisation(Self.hospital) && terms.classes == [.referral, .contact])
        #expect(terms.purposes == [.treatment, .emergencyTreatment] && !terms.isDeficient)
        #expect(terms.expiresAt == .noon + .seconds(3600) && terms.revokedAt == nil)
        #expect(Self.consent { $0.recipient = .named("x") }.terms.recipient == .inWords)
        let exchange = Self.consent { $0.recipient = .intermediary(Self.hospital, onward: "my treating providers") }
        #expect(exchange.terms.recipient == .intermediary(Self.hospital))
    }

    static let expiries: [(Consent.Term, Instant?)] = [
        (.none, nil), (.at(.noon), .noon), (.event("end of treatment", happenedAt: nil), nil),
        (.event("end of treatment", happenedAt: .noon), .noon),
    ]

    @Test("a consent expires at an hour, on an event that has happened, or never", arguments: expiries)
    func expiry(_ term: Consent.Term, _ end: Instant?) {
        let terms = Self.consent { $0.expiry = term }.terms
        #expect(terms.expiresAt == end)
        #expect(Self.consent { $0.expiry = term }.isActive(at: .noon) == (end == nil))
    }

    static let deficient: [(String, Consent, ConsentDeficiency)] = [
        ("without the revocation notice", consent { $0.explainsRevocation = false }, .revocationExplanation),
        (
            "treatment, payment, operations without the warning", consent { $0.purpose = .treatmentPaymentOperations },
            .redisclosureWarning
        ),
        ("nobody discloses", consent { $0.discloser = " " }, .discloser),
        ("nothing is disclosed", consent { $0.information = [] }, .information),
        (
            "an exchange without those behind it", consent { $0.recipient = .intermediary(hospital, onward: " ") },
            .onwardRecipients
        ),
        ("justice beside treatment", consent { $0.kind = .criminalJustice }, .criminalJusticeCombined),
        ("irrevocable, for treatment", consent { $0.irrevocableUntil = .at(.noon) }, .irrevocable),
    ]

    @Test("a consent that lacks an element is no consent", arguments: deficient)
    func deficiency(_ name: String, _ consent: Consent, _ deficiency: ConsentDeficiency) {
        #expect(consent.deficiencies == [deficiency], "\(name)")
        #expect(consent.terms.isDeficient && !consent.isActive(at: .noon))
    }

    @Test("what is said for treatment, payment and operations covers the three and nothing else")
    func purposes() {
        #expect(
            Consent.Purpose.treatmentPaymentOperations.purposesOfUse
                == [.treatment, .emergencyTreatment, .payment, .operations])
        #expect(Consent.Purpose.legalProceeding.purposesOfUse.isEmpty, "no program discloses for a proceeding")
        for purpose in Consent.Purpose.allCases where purpose != .criminalJustice {
            #expect(!purpose.purposesOfUse.contains(.justice))
        }
    }

    @Test("counselling notes and legal proceedings are never combined with anything")
    func apart() {
        #expect(
            Self.consent { $0.information = [.counsellingNote, .referral] }.deficiencies == [.counsellingNotesCombined])
        #expect(
            Self.consent {
                $0.kind = .counsellingNotes
                $0.information = [.counsellingNote]
            }.deficiencies.isEmpty
        )
        #expect(Self.consent { $0.purpose = .legalProceeding }.deficiencies == [.legalProceedingCombined])
    }

    @Test("a second revocation changes nothing")
    func revokeTwice() throws {
        var consent = Self.consent()
        let changed = try consent.revoke(at: .noon, .oral, recordedBy: "officer")
        let first = consent
        let changedAgain = try consent.revoke(at: .noon + .seconds(1), .written, recordedBy: "other")
        #expect(changed && !changedAgain)
        #expect(consent == first && consent.version == 2)
        #expect(consent.revocation == .init(at: .noon, method: .oral, recordedBy: "officer"))
    }

    static let conditions: [(Consent.Term, Bool)] = [
        (.none, true), (.at(.noon), true), (.at(.noon + .seconds(1)), false),
        (.event("final disposition", happenedAt: nil), false),
        (.event("final disposition", happenedAt: .noon), true),
    ]

    @Test("a consent to the criminal justice system can be revoked once its condition is met", arguments: conditions)
    func irrevocable(_ condition: Consent.Term, _ isRevocable: Bool) {
        var consent = Self.consent {
            ($0.kind, $0.purpose) = (.criminalJustice, .criminalJustice)
            $0.irrevocableUntil = condition
        }
        #expect(consent.deficiencies.isEmpty)
        do {
            let changed = try consent.revoke(at: .noon, .written, recordedBy: "officer")
            #expect(changed && isRevocable)
        } catch {
            #expect(!isRevocable && consent.revocation == nil && error == .irrevocable(until: condition.instant))
        }
    }

    @Test("the event on which a consent expires happens once")
    func expireTwice() {
        var consent = Self.consent { $0.expiry = .event("end of treatment", happenedAt: nil) }
        let (first, second) = (consent.expire(at: .noon), consent.expire(at: .noon + .seconds(5)))
        #expect(first && !second && consent.expiry.instant == .noon && consent.version == 2)
        var other = Self.consent()
        let changed = other.expire(at: .noon)
        #expect(!changed, "no event ends it")
    }

    @Test(
        "without a consent, every state after acceptance looks accepted and nothing else",
        arguments: ReferralStatus.allCases)
    func bareView(_ status: ReferralStatus) {
        let view = SenderView(of: .stored(status, partner: Self.hospital), under: nil)
        let expected: ReferralStatus =
            switch status {
            case .inProgress, .onHold, .failed, .completed, .cancelled, .accepted: .accepted
            default: status
            }
        #expect(view.status == expected && view.closingReason == nil && !view.tellsProgress)
        if expected == .accepted { #expect(view.businessStatus == .accepted && view.statusReason == nil) }
        #expect(view.statusReason != "why", "the agency's words stay inside")
    }

    @Test("with a consent that names it the sender sees how it goes", arguments: ReferralStatus.allCases)
    func fullView(_ status: ReferralStatus) {
        let referral = Referral.stored(status, partner: Self.hospital)
        let view = SenderView(of: referral, under: .office(of: .fixed(1), classes: [.presence, .referral]))
        #expect(view.status == status && view.statusReason == referral.statusReason)
        #expect(view.businessStatus == referral.businessStatus)
    }

    @Test("a cancellation of the sender's own shows, the agency's does not, without a consent")
    func cancellations() throws {
        for (party, shown) in [(Referral.Party.requester, ReferralStatus.cancelled), (.performer, .accepted)] {
            var referral = Referral.stored(.inProgress, partner: Self.hospital)
            try referral.cancel(because: "why", by: .init(party, "x"), at: .noon)
            #expect(SenderView(of: referral, under: nil).status == shown)
        }
    }

    @Test("emergencies never wait for review", arguments: IntakePolicy.allCases)
    func intake(_ policy: IntakePolicy) {
        for setting in Setting.known {
            for priority in Priority.allCases {
                let isEmergency = setting == .emergencyDepartment || priority == .stat || priority == .asap
                let request = ReferralRequest(setting: setting, priority: priority)
                #expect(policy.accepts(request) == (isEmergency || policy == .auto))
            }
        }
    }
}
