import FoundationEssentials
import HL7v2
import Models
import ReferralsDomain
import TestKit
import Testing

@testable import Referrals

@Suite("What looks like an overdose") struct OverdoseRulesTests {
    private static func signs(
        _ code: String? = nil, _ system: String? = nil, reason: String? = nil, in visitClass: String? = "E"
    ) -> [String] {
        OverdoseRules.test.signs(
            of: EmergencyVisit(
                visitClass: visitClass, codes: code.map { [.init(system: system, code: $0)] } ?? [],
                reasons: reason.map { [$0] } ?? []))
    }

    @Test("the rules follow their schema")
    func schema() throws {
        #expect(
            try JSONSchema(OverdoseRules.schema).faults(in: Array(JSONEncoder().encode(OverdoseRules.test))) == [])
    }

    @Test(
        "codes of poisoning and of opioid use disorder speak for one, whatever the sender calls the system",
        arguments: [
            ("T40.1X1A", "I10", "icd-10 T40"), ("T401X1A", nil, "icd-10 T40"), ("t40.2x4d", "ICD-10-CM", "icd-10 T40"),
            ("T43.621A", "I10C", "icd-10 T436"), ("F11.20", "http://hl7.org/fhir/sid/icd-10-cm", "icd-10 F11"),
            ("965.01", "I9", "icd-9 9650"), ("55680006", "SCT", "snomed 55680006"),
        ])
    func codes(_ code: String, _ system: String?, _ sign: String) {
        #expect(Self.signs(code, system) == [sign])
    }

    @Test(
        "what was taken as prescribed, what is something else, and codes of a site's own speak for nothing",
        arguments: [
            ("T40.2X5A", "I10"), ("T40.2X6A", "I10"), ("J18.9", "I10"), ("T39.1X1A", nil), ("55680006", nil),
            ("T40.1X1A", "LOCAL"), ("", nil), ("556800061", "SCT"),
        ])
    func otherCodes(_ code: String, _ system: String?) {
        #expect(Self.signs(code, system).isEmpty)
    }

    @Test(
        "words of the reason count as words, and not where they are denied",
        arguments: [
            ("Heroin OVERDOSE, given Narcan by EMS", ["words overdose", "words narcan", "words heroin"]),
            ("poss. over-dose", ["words over dose"]), ("No chest pain, overdosed", ["words overdosed"]),
            ("Denies overdose", []), ("no sign of overdose; chest pain", []), ("fell off ladder", []),
            ("Overdosed at home? No.", ["words overdosed"]), ("OD vision loss", []), ("", []),
        ])
    func words(_ reason: String, _ signs: [String]) {
        #expect(Set(Self.signs(reason: reason)) == Set(signs))
    }

    @Test("only in an emergency department", arguments: [("E", true), ("EMER", true), ("I", false), ("O", false)])
    func place(_ visitClass: String, _ counts: Bool) {
        #expect(Self.signs("T40.1X1A", in: visitClass).isEmpty != counts)
        #expect(Self.signs("T40.1X1A", in: nil).isEmpty)
    }
}

@Suite("A suggestion to send somebody") struct DispatchSuggestionTests {
    private static let start = Instant(unixSeconds: 1_000_000)

    private static var suggestion: DispatchSuggestion {
        DispatchSuggestion(
            suggestionID: SuggestionID(rawValue: UUID()), partnerID: PartnerID(rawValue: UUID()), clientID: "engine",
            signs: ["words overdose"], rulesVersion: 1, suggestedAt: start, expiresAt: start + .seconds(3600),
            heardAt: start)
    }

    @Test("it is decided once, and never after its time")
    func decided() throws {
        let referral = ReferralID(rawValue: UUID())
        var (accepted, dismissed, late) = (Self.suggestion, Self.suggestion, Self.suggestion)
        try accepted.accept(as: referral, .agreed, by: "alex", at: Self.start)
        #expect(accepted.status == .accepted && accepted.decision?.referralID == referral && accepted.version == 2)
        try dismissed.dismiss(because: .left, by: "alex", at: Self.start)
        for var decided in [accepted, dismissed] {
            let status = decided.status
            #expect(throws: DispatchSuggestion.Refusal.notOpen(status)) {
                try decided.dismiss(because: .other, by: "kim", at: Self.start)
            }
            let isExpired = decided.expire(at: Self.start + .seconds(7200))
            #expect(!isExpired && decided.status == status)
        }
        #expect(throws: DispatchSuggestion.Refusal.notOpen(.expired)) {
            try late.accept(as: referral, .agreed, by: "alex", at: Self.start + .seconds(3600))
        }
        let isEarly = late.expire(at: Self.start)
        let isExpired = late.expire(at: Self.start + .seconds(3600))
        #expect(!isEarly && isExpired && late.status == .expired)
    }

    @Test("a message that was overtaken changes nothing about the person, but who has left has left")
    func overtaken() {
        var suggestion = Self.suggestion
        let later = suggestion.hear(
            ["icd-10 T40"], sentAt: Self.start + .seconds(60), dischargedAt: nil, at: Self.start)
        let earlier = suggestion.hear(
            ["words overdose"], sentAt: Self.start + .seconds(30), dischargedAt: Self.start, at: Self.start)
        #expect(later && !earlier)
        #expect(suggestion.signs == ["words overdose", "icd-10 T40"] && suggestion.dischargedAt == Self.start)
        #expect(suggestion.heardAt == Self.start + .seconds(60))
    }
}
