import Models
import ReferralsDomain
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

    static let cases: [(String, Consent, ConsentRule.Refusal?)] = [
        ("in force", consent(), nil),
        ("revoked", consent { $0.revokedAt = .noon }, .revoked),
        ("revoked later", consent { $0.revokedAt = .noon + .seconds(1) }, nil),
        ("expired at this instant", consent { $0.expiry = .at(.noon) }, .expired),
        ("no expiry", consent { $0.expiry = .none }, nil),
        ("event not yet", consent { $0.expiry = .event("end of treatment", happenedAt: nil) }, nil),
        ("event happened", consent { $0.expiry = .event("end of treatment", happenedAt: .noon) }, .expired),
        ("signed later", consent { $0.signedAt = .noon + .seconds(1) }, .notYet),
        ("another recipient", consent { $0.recipient = .partner(.fixed(12)) }, .recipient),
        ("a class of recipients", consent { $0.recipient = .treatmentPaymentOperations }, .recipient),
        ("another purpose", consent { $0.purpose = .research }, .purpose),
        ("other information", consent { $0.information = [.contact] }, .information),
        ("without the revocation notice", consent { $0.explainsRevocation = false }, .deficient),
        (
            "treatment, payment, operations without the warning", consent { $0.purpose = .treatmentPaymentOperations },
            .deficient
        ),
        (
            "treatment, payment, operations",
            consent {
                $0.purpose = .treatmentPaymentOperations
                $0.warnsOfRedisclosure = true
            }, nil
        ),
        ("at the patient's request", consent { $0.purpose = .patientRequest }, nil),
        ("nobody discloses", consent { $0.discloser = " " }, .deficient),
    ]

    @Test("what a consent permits to the sender, and why not", arguments: cases)
    func rule(_ name: String, _ consent: Consent, _ refusal: ConsentRule.Refusal?) {
        let answer = ConsentRule.ask(.progress(to: Self.hospital), of: [consent], at: .noon)
        #expect(answer == (refusal.map(ConsentRule.Answer.refused) ?? .permitted(by: consent.consentID)), "\(name)")
    }

    @Test("one good consent is enough; without any the answer is no")
    func several() {
        let bad = Self.consent { $0.revokedAt = .noon }
        #expect(ConsentRule.ask(.progress(to: Self.hospital), of: [bad, Self.consent()], at: .noon).consentID != nil)
        #expect(ConsentRule.ask(.progress(to: Self.hospital), of: [], at: .noon) == .refused(.none))
        #expect(
            ConsentRule.ask(
                .progress(to: Self.hospital), of: [bad, Self.consent { $0.recipient = .named("x") }], at: .noon)
                == .refused(.revoked), "the nearest one says why"
        )
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
        #expect(!Consent.Purpose.patientRequest.covers(.legalProceeding))
        #expect(!Consent.Purpose.treatmentPaymentOperations.covers(.legalProceeding))
    }

    @Test("a second revocation changes nothing")
    func revokeTwice() {
        var consent = Self.consent()
        let changed = consent.revoke(at: .noon)
        let first = consent
        let changedAgain = consent.revoke(at: .noon + .seconds(1))
        #expect(changed && !changedAgain)
        #expect(consent == first && consent.version == 2)
    }

    @Test(
        "without a consent, every state after acceptance looks accepted and nothing else",
        arguments: ReferralStatus.allCases)
    func bareView(_ status: ReferralStatus) {
        let view = SenderView(of: .stored(status, partner: Self.hospital), under: .refused(.none))
        let expected: ReferralStatus =
            switch status {
            case .inProgress, .onHold, .failed, .completed, .cancelled, .accepted: .accepted
            default: status
            }
        #expect(view.status == expected && view.closingReason == nil && view.consentID == nil)
        if expected == .accepted { #expect(view.businessStatus == .accepted && view.statusReason == nil) }
        #expect(view.statusReason != "why", "the agency's words stay inside")
    }

    @Test("with a consent that names it the sender sees how it goes", arguments: ReferralStatus.allCases)
    func fullView(_ status: ReferralStatus) {
        let referral = Referral.stored(status, partner: Self.hospital)
        let view = SenderView(of: referral, under: .permitted(by: .fixed(1)))
        #expect(view.status == status && view.statusReason == referral.statusReason)
        #expect(view.businessStatus == referral.businessStatus)
    }

    @Test("a cancellation of the sender's own shows, the agency's does not, without a consent")
    func cancellations() throws {
        for (party, shown) in [(Referral.Party.requester, ReferralStatus.cancelled), (.performer, .accepted)] {
            var referral = Referral.stored(.inProgress, partner: Self.hospital)
            try referral.cancel(because: "why", by: .init(party, "x"), at: .noon)
            #expect(SenderView(of: referral, under: .refused(.none)).status == shown)
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
