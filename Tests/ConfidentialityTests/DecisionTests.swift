import Confidentiality
import Models
import Testing

@Suite("Who may see what")
struct DecisionTests {
    typealias Case = (name: String, asking: Asking, refusal: Refusal)

    static let refused: [Case] = [
        ("an agency nobody configured", Asking { $0.law = nil }, .agencyNotConfigured),
        ("a requester of another agency", Asking { $0.requesterAgency = .fixed(2) }, .tenant),
        ("a participant of another agency", Asking { $0.participantAgency = .fixed(2) }, .tenant),
        ("a partner without an organisation", Asking { $0.organisation = nil }, .role),
        (
            "a peer on behalf of an organisation",
            Asking.inside(.peer, .assigned) {
                $0.organisation = Organisation(partnerID: Asking.hospital, kind: .provider)
            },
            .role
        ),
        ("a coordinator for research", Asking.inside(.coordinator, .agency) { $0.purpose = .research }, .role),
        ("a coordinator who wants notes only", Asking.inside(.coordinator, .agency) { $0.classes = [.note] }, .role),
        ("an operator who wants a referral", Asking.inside(.operator, .custodian) { $0.classes = [.referral] }, .role),
        ("a peer who is not assigned", Asking.inside(.peer, .none), .relationship),
        ("a peer who calls the whole agency theirs", Asking.inside(.peer, .agency), .relationship),
        ("a participant about somebody else", Asking.inside(.participant, .none), .relationship),
        ("a partner about somebody it did not refer", Asking { $0.relationship = .none }, .relationship),
        ("a service that is not at work on a message", Asking.inside(.service, .agency), .relationship),
        (
            "a peer who counts participants", Asking.inside(.peer, .assigned) { $0.hasParticipant = false },
            .relationship
        ),
        (
            "a named organisation whose consent was revoked",
            Asking {
                $0.relationship = .named
                $0.consents = [.toHospital.with { $0.revokedAt = .noon }]
            }, .consentRevoked
        ),
        (
            "a named organisation, while consents are not up to date",
            Asking {
                $0.relationship = .named
                $0.areCurrent = false
            }, .consentUnknown
        ),
        (
            "a colleague whom the person asked to keep out",
            Asking.inside(.coordinator, .agency) {
                $0.subject = "cousin"
                $0.restrictions = [Restriction(restrictionID: .fixed(1), recipient: .person("cousin"))]
            }, .restriction
        ),
    ]

    @Test("refused, in the order of the rules", arguments: refused)
    func refuses(_ one: Case) throws {
        #expect(try one.asking.decision() == .refused(one.refusal), "\(one.name)")
    }

    @Test("the agency's own people see what their work needs")
    func inside() throws {
        let all = Set(DataClass.allCases)
        func seen(_ role: Role, _ relationship: Relationship) throws -> Permit? {
            try Asking.inside(role, relationship) { $0.classes = all }.decision().permit
        }
        let coordinator = try seen(.coordinator, .agency)
        #expect(coordinator?.allows(.identity) == true && coordinator?.allows(.note) == false)
        let peer = try seen(.peer, .assigned)
        #expect(peer?.identityFields == [.name, .phone] && peer?.allows(.note) == true)
        #expect(peer?.allows(IdentityField.birthDate) == false && peer?.allows(.justice) == false)
        let officer = try seen(.privacyOfficer, .agency)
        #expect(officer?.classes == [.presence, .identity])
        let own = try seen(.participant, .own)
        #expect(own?.allows(.peerPrivate) == false && own?.allows(.counsellingNote) == false)
        #expect(own?.allows(.note) == true && own?.purpose == .patientRequest)
        for permit in [coordinator, peer, officer, own] {
            #expect(permit?.isDisclosure == false && permit?.consentID == nil)
        }
    }

    @Test("a consent that names the hospital lets through what it names, and the disclosure rests on it")
    func withConsent() throws {
        let permit = try Asking { $0.classes = [.presence, .referral, .assessment, .peerPrivate] }.decision().permit
        #expect(permit?.classes == [.presence, .referral] && permit?.consentID == .fixed(1))
        let version = try AccessRules.builtIn().version
        #expect(permit?.isDisclosure == true && permit?.ruleVersion == version)
        #expect(permit?.withheld == [.assessment: .consentClass, .peerPrivate: .label])
    }

    @Test("the sender without a consent is told nothing of ours, and not refused what it sent itself")
    func senderWithoutConsent() throws {
        let permit = try Asking { $0.consents = [] }.decision().permit
        #expect(permit?.classes.isEmpty == true && permit?.isDisclosure == false && permit?.consentID == nil)
        #expect(permit?.withheld == [.presence: .noConsent, .referral: .noConsent])
    }

    @Test("a covered entity that is no Part 2 programme needs no consent for care, and for the most sensitive does")
    func hipaaOnly() throws {
        let law = AgencyLaw(agencyID: Asking.agency, isPart2Program: false, isCoveredEntity: true)
        let care = try Asking {
            $0.law = law
            $0.consents = []
            $0.classes = [.presence, .referral, .hiv]
        }.decision().permit
        #expect(care?.classes == [.presence, .referral] && care?.isDisclosure == true && care?.consentID == nil)
        let court = try Asking {
            $0.law = law
            $0.consents = []
            $0.organisation = Organisation(partnerID: Asking.hospital, kind: .justice)
            $0.purpose = .justice
        }.decision().permit
        #expect(court?.classes.isEmpty == true, "justice is no care")
        let neither = try Asking {
            $0.law = AgencyLaw(agencyID: Asking.agency, isPart2Program: false, isCoveredEntity: false)
            $0.consents = []
        }.decision().permit
        #expect(neither?.classes.isEmpty == true, "bound by neither law, it still asks the person")
    }

    @Test("a restriction withholds from whom it names, for what it names, and nothing else")
    func restrictions() throws {
        let plan = Organisation(partnerID: Asking.hospital, kind: .healthPlan)
        let paidInFull = Restriction(restrictionID: .fixed(1), recipient: .kind(.healthPlan), purposes: [.payment])
        let consent = ConsentTerms.toHospital.with {
            $0.recipient = .treatmentPaymentOperations
            $0.purposes = [.treatment, .payment, .operations]
        }
        func seen(_ organisation: Organisation, _ purpose: PurposeOfUse, _ restriction: Restriction) throws -> Permit? {
            try Asking {
                $0.organisation = organisation
                $0.purpose = purpose
                $0.consents = [consent]
                $0.restrictions = [restriction]
            }.decision().permit
        }
        #expect(try seen(plan, .payment, paidInFull)?.classes.isEmpty == true)
        let hospital = Organisation(partnerID: Asking.hospital, kind: .provider)
        #expect(try seen(hospital, .treatment, paidInFull)?.allows(.referral) == true)
        let partly = Restriction(restrictionID: .fixed(2), recipient: .everybodyOutside, classes: [.referral])
        #expect(try seen(hospital, .treatment, partly)?.classes == [.presence])
        #expect(try seen(hospital, .treatment, partly)?.withheld[.referral] == .restriction)
    }

    @Test("a health plan is told what payment needs, however much the consent names")
    func minimumNecessary() throws {
        let permit = try Asking {
            $0.organisation = Organisation(partnerID: Asking.hospital, kind: .healthPlan)
            $0.purpose = .payment
            $0.classes = [.presence, .referral, .assessment]
            $0.consents = [
                .toHospital.with {
                    $0.purposes = [.payment]
                    $0.classes = [.referral, .assessment]
                }
            ]
        }.decision().permit
        #expect(permit?.classes == [.presence, .referral] && permit?.withheld == [.assessment: .minimumNecessary])
    }
}
