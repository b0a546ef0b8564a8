/// What the fellowships' codes mean, in words that services share.
enum MeetingTags {
    /// One word for each code that has a meaning for everybody; the code itself stays beside it.
    static func tags(of types: [String], languages: [String] = []) -> [String] {
        let codes = types.filter { (1...20).contains($0.utf8.count) && $0.utf8.allSatisfy { $0 > 32 && $0 < 127 } }
        let spoken = languages.filter { ReferralRequest.isLanguageTag($0) }.map { "lang:\($0.lowercased())" }
        let all = codes.compactMap { words[$0] } + codes.map { "type:\($0)" } + spoken
        return Array(Set(all)).sorted()
    }

    /// Meeting Guide's.
    private static let words = [
        "O": "open", "C": "closed", "W": "for:women", "M": "for:men", "LGBTQ": "lgbtq", "Y": "young", "SEN": "seniors",
        "X": "wheelchair", "XB": "accessible-bathroom", "ASL": "lang:ase", "S": "lang:es", "EN": "lang:en",
        "FR": "lang:fr", "BE": "newcomer", "DD": "dual-diagnosis", "POA": "proof-of-attendance", "CF": "child-friendly",
        "BA": "childcare", "OUT": "outdoor", "T": "transgender", "POC": "people-of-colour", "AL-AN": "al-anon",
        "A": "secular",
    ]

    /// BMLT's, which mean other things.
    static func tags(ofBMLT formats: [String]) -> [String] {
        let known = [
            "O": "open", "C": "closed", "W": "for:women", "M": "for:men", "GL": "lgbtq", "Y": "young",
            "WC": "wheelchair", "B": "newcomer", "ES": "lang:es", "CS": "child-friendly",
        ]
        let codes = formats.filter { (1...20).contains($0.utf8.count) && $0.utf8.allSatisfy { $0 > 32 && $0 < 127 } }
        return Array(Set(codes.compactMap { known[$0] } + codes.map { "type:\($0)" })).sorted()
    }
}
