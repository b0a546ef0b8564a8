import Confidentiality
import Models
import Testing

@Suite("What a consent permits")
struct ConsentTermsTests {
    static let base = ConsentTerms.toHospital

    static let cases: [(String, ConsentTerms, Refusal?)] = [
        ("in force", base, nil),
        ("revoked", base.with { $0.revokedAt = .noon }, .consentRevoked),
        ("revoked later", base.with { $0.revokedAt = .noon + .seconds(1) }, nil),
        ("expired at this instant", base.with { $0.expiresAt = .noon }, .consentExpired),
        ("no expiry", base.with { $0.expiresAt = nil }, nil),
        ("signed later", base.with { $0.signedAt = .noon + .seconds(1) }, .consentNotYet),
        ("another recipient", base.with { $0.recipient = .organisation(.fixed(12)) }, .noConsent),
        ("somebody in words", base.with { $0.recipient = .inWords }, .noConsent),
        ("treating providers, and it treats the person", base.with { $0.recipient = .treatmentPaymentOperations }, nil),
        ("another purpose", base.with { $0.purposes = [.research] }, .consentPurpose),
        ("other information", base.with { $0.classes = [.contact] }, .consentClass),
        ("deficient", base.with { $0.isDeficient = true }, .consentDeficient),
        (
            "a legal proceeding",
            base.with {
                $0.kind = .legalProceeding
                $0.purposes = Set(PurposeOfUse.allCases)
            }, .consentPurpose
        ),
        (
            "the justice system, asked by a hospital",
            base.with {
                $0.kind = .criminalJustice
                $0.purposes = Set(PurposeOfUse.allCases)
            }, .consentPurpose
        ),
        (
            "counselling notes, asked for the referral",
            base.with {
                $0.kind = .counsellingNotes
                $0.classes = [.counsellingNote, .referral]
            }, .consentClass
        ),
        ("an exchange, asked by a hospital", base.with { $0.recipient = .intermediary(Asking.hospital) }, .noConsent),
    ]

    @Test("what it permits to the organisation that sent the referral, and why not", arguments: cases)
    func permits(_ name: String, _ terms: ConsentTerms, _ refusal: Refusal?) throws {
        let permit = try Asking { $0.consents = [terms] }.decision().permit
        #expect(permit?.withheld[.referral] == refusal, "\(name)")
        #expect(permit?.consentID == (refusal == nil ? terms.consentID : nil), "\(name)")
    }

    @Test("a class of recipients does not take in a provider that does not treat the person")
    func classOfRecipients() throws {
        let terms = Self.base.with { $0.recipient = .treatmentPaymentOperations }
        let decision = try Asking {
            $0.consents = [terms]
            $0.relationship = .named
        }.decision()
        #expect(decision == .refused(.noConsent))
    }

    @Test("a court is told under a consent to the justice system, and under no other")
    func court() throws {
        func told(_ kind: ConsentTerms.Kind) throws -> Set<DataClass>? {
            try Asking {
                $0.organisation = Organisation(partnerID: Asking.hospital, kind: .justice)
                $0.purpose = .justice
                $0.consents = [
                    Self.base.with {
                        $0.kind = kind
                        $0.purposes = Set(PurposeOfUse.allCases)
                    }
                ]
            }.decision().permit?.classes
        }
        #expect(try told(.criminalJustice) == [.presence, .referral])
        #expect(try told(.disclosure) == [])
        #expect(try told(.legalProceeding) == [])
    }

    @Test("counselling notes go out under a consent of their own, with nothing beside them")
    func counsellingNotes() throws {
        let own = Self.base.with {
            $0.kind = .counsellingNotes
            $0.classes = [.counsellingNote]
        }
        let both = try Asking {
            $0.classes = [.presence, .referral, .counsellingNote]
            $0.consents = [own]
        }.decision().permit
        #expect(both?.classes == [.presence, .counsellingNote])
        let general = Self.base.with { $0.classes = Set(DataClass.allCases) }
        let other = try Asking {
            $0.classes = [.presence, .referral, .counsellingNote]
            $0.consents = [general]
        }.decision().permit
        #expect(other?.allows(.counsellingNote) == false && other?.allows(.referral) == true)
    }

    @Test("one good consent is enough; the one that covers most counts, and the nearest says why not")
    func several() throws {
        let bad = Self.base.with { $0.revokedAt = .noon }
        let wide = Self.base.with {
            $0.consentID = .fixed(2)
            $0.classes = [.referral, .contact, .assessment]
        }
        let asking = { (consents: [ConsentTerms]) in
            Asking {
                $0.consents = consents
                $0.classes = [.presence, .referral, .assessment]
            }
        }
        #expect(try asking([bad, Self.base, wide]).decision().permit?.consentID == .fixed(2))
        #expect(try asking([wide, Self.base, bad]).decision().permit?.consentID == .fixed(2))
        let none = try asking([bad, Self.base.with { $0.recipient = .inWords }]).decision().permit
        #expect(none?.withheld[.referral] == .consentRevoked)
    }
}
