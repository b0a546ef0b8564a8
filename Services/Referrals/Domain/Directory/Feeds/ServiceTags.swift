internal import JSON

/// What services are filtered by, from the names of their taxonomy's terms and their own.
///
/// Not from descriptions: "we do not take people on methadone" must not find them.
enum ServiceTags {
    static func tags(of service: FeedRecord, isClosed: Bool) -> [String] {
        var names = [service.text("name") ?? ""]
        for attribute in service["attributes"]?.items ?? [] {
            names += [attribute["taxonomy_term"]?["name"]?.string ?? "", attribute["value"]?.string ?? ""]
        }
        let languages = (service["languages"]?.items ?? []).compactMap { $0["code"]?.string ?? $0["language"]?.string }
            .filter { ReferralRequest.isLanguageTag($0) }.map { "lang:\($0.lowercased())" }
        let all = names.flatMap { words(in: $0) } + languages + (isClosed ? ["temporarily-closed"] : [])
        return Array(Set(all)).sorted()
    }

    static func tags(ofAccess access: JSONValue?) -> [String] {
        let told = (access?.items ?? []).compactMap { $0["description"]?.string ?? $0["accessibility"]?.string }
        return told.contains { $0.lowercased().contains("wheelchair") } ? ["wheelchair"] : []
    }

    /// The tags that a name stands for.
    static func words(in name: String) -> [String] {
        let name = name.lowercased()
        return meanings.filter { meaning in meaning.words.contains { name.contains($0) } }.map(\.tag)
    }

    private static let meanings: [(tag: String, words: [String])] = [
        ("need:housing", ["housing", "shelter", "recovery residence", "sober living", "homeless"]),
        ("need:treatment", ["substance use", "addiction", "opioid treatment", "rehabilitation", "recovery"]),
        ("need:detox", ["detox", "withdrawal"]), ("need:food", ["food", "meal", "nutrition"]),
        ("need:work", ["employment", "job", "vocational"]), ("need:legal", ["legal", "expungement"]),
        ("need:mental-health", ["mental health", "counselling", "counseling", "psychiatr"]),
        ("need:health", ["medical", "primary care", "health clinic", "dental"]),
        ("need:transport", ["transport"]), ("need:family", ["child care", "parenting", "family support"]),
        ("need:naloxone", ["naloxone", "harm reduction", "syringe"]),
        ("moud:methadone", ["methadone"]), ("moud:buprenorphine", ["buprenorphine", "suboxone"]),
        ("moud:naltrexone", ["naltrexone", "vivitrol"]),
    ]

    /// The service codes of SAMHSA's National Directory that decide where somebody can go.
    static func tags(ofSAMHSA keys: [Substring]) -> [String] {
        let known = [
            "MM": "moud:methadone", "MMW": "moud:methadone", "METH": "moud:methadone", "BU": "moud:buprenorphine",
            "BUM": "moud:buprenorphine", "BMW": "moud:buprenorphine", "NXN": "moud:naltrexone",
            "VTRL": "moud:naltrexone", "PEER": "peer-support", "PW": "for:pregnant-women", "SP": "lang:es",
            "AH": "lang:ase", "DT": "need:detox", "HS": "need:housing", "TAY": "young",
        ]
        let codes = keys.filter { (1...8).contains($0.utf8.count) && $0.utf8.allSatisfy { $0 > 32 && $0 < 127 } }
        return codes.compactMap { known[String($0)] } + codes.map { "type:\($0)" }
    }
}
