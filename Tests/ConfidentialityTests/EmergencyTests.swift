import Confidentiality
import Models
import Testing

@Suite("A medical emergency")
struct EmergencyTests {
    static let documented = Emergency(
        emergencyID: .fixed(5), participantID: Asking.person, organisationID: Asking.hospital,
        declaredAt: .noon - .seconds(60), endsAt: .noon + .seconds(60))

    static func asking(_ change: (inout Asking) -> Void = { _ in }) -> Asking {
        Asking {
            $0.purpose = .emergencyTreatment
            $0.relationship = .none
            $0.consents = []
            $0.classes = Set(DataClass.allCases)
            $0.emergency = documented
            $0.restrictions = [Restriction(restrictionID: .fixed(1), recipient: .everybodyOutside)]
            change(&$0)
        }
    }

    @Test("stands in the place of consent, relationship and restriction, for what treats the person")
    func allowed() throws {
        let permit = try Self.asking().decision().permit
        #expect(permit?.classes == [.presence, .identity, .referral, .contact, .medication])
        #expect(permit?.emergencyID == .fixed(5) && permit?.isDisclosure == true && permit?.consentID == nil)
        #expect(permit?.identityFields == [.name, .birthDate, .phone])
    }

    @Test("one of the agency's own people tells medical personnel, and it is a disclosure")
    func toldByStaff() throws {
        let permit = try Self.asking {
            ($0.role, $0.organisation) = (.peer, nil)
            $0.emergency?.organisationID = nil
        }.decision().permit
        #expect(permit?.isDisclosure == true && permit?.allows(.medication) == true)
    }

    static let refused: [(String, Asking, Refusal)] = [
        ("it is over", asking { $0.emergency?.endsAt = .noon }, .emergency),
        ("it has not begun", asking { $0.emergency?.declaredAt = .noon + .seconds(1) }, .emergency),
        ("about somebody else", asking { $0.emergency?.participantID = .fixed(10) }, .emergency),
        ("declared by another hospital", asking { $0.emergency?.organisationID = .fixed(12) }, .emergency),
        (
            "by a court", asking { $0.organisation = Organisation(partnerID: Asking.hospital, kind: .justice) },
            .emergency
        ),
        ("for another purpose", asking { $0.purpose = .payment }, .emergency),
        ("in another agency", asking { $0.participantAgency = .fixed(2) }, .tenant),
        ("by nobody's personnel", asking { $0.organisation = nil }, .emergency),
        (
            "by an operator",
            asking {
                ($0.role, $0.organisation) = (.operator, nil)
                $0.emergency?.organisationID = nil
            }, .emergency
        ),
        (
            "by a peer, under what a hospital declared",
            asking { ($0.role, $0.organisation) = (.peer, nil) }, .emergency
        ),
    ]

    @Test("and is no door for others", arguments: refused)
    func refuses(_ name: String, _ asking: Asking, _ refusal: Refusal) throws {
        #expect(try asking.decision() == .refused(refusal), "\(name)")
    }
}
