import JSON
import Models

/// The demo agency as its APIs show it, in an order and with ids that do not depend on when it was made: two demos of
/// one seed, day and size are exported as the same text.
struct DemoExport: Sendable {
    let stage: Stage
    /// The day that the past ends before.
    let asOf: CivilDate

    /// One line of JSON for each thing, people in the order of their referrals.
    func lines() async throws -> [String] {
        let (referrals, matching) = ("\(stage.addresses.referrals)/v1", "\(stage.addresses.matching)/v1")
        var things = try await stage.all(.supervisor, "\(matching)/peers?limit=200").map { ("peer", $0) }
        let received = try await stage.all(.coordinator, "\(referrals)/referrals?limit=200")
            .sorted { Self.text($0, "receivedAt") < Self.text($1, "receivedAt") }
        var people: [String] = []
        for referral in received {
            things.append(("referral", referral))
            guard let person = referral[["participantID"]]?.string, !people.contains(person) else { continue }
            people.append(person)
            things += try await supports(of: person)
        }
        for measure in try await measures() { things.append(("measure", measure)) }
        var names = StableNames()
        return things.map { kind, thing in
            "\(kind) " + String(decoding: names.renamed(thing).serialized(), as: UTF8.self)
        }
    }

    /// What the services know of one person.
    private func supports(of person: String) async throws -> [(String, JSONValue)] {
        let (scheduling, outcomes) = ("\(stage.addresses.scheduling)/v1", "\(stage.addresses.outcomes)/v1")
        let identity = try await stage.call(
            .coordinator, "GET", "\(stage.addresses.referrals)/v1/participants/\(person)", at: nil
        ).body
        let lists: [(kind: String, url: String, order: String)] = [
            ("match", "\(stage.addresses.matching)/v1/matches?participantID=\(person)", "openedAt"),
            ("plan", "\(scheduling)/plans?participantID=\(person)", "startedAt"),
            ("contact", "\(scheduling)/contacts?limit=200&participantID=\(person)", "occurredAt"),
            ("assessment", "\(outcomes)/assessments?limit=200&participantID=\(person)", "answeredAt"),
            ("event", "\(outcomes)/participants/\(person)/timeline?limit=200", "occurredAt"),
        ]
        var things = [("participant", identity)]
        for list in lists {
            things += try await stage.all(.supervisor, list.url)
                .sorted { Self.order($0, list.order) < Self.order($1, list.order) }.map { (list.kind, $0) }
        }
        return things
    }

    private func measures() async throws -> [JSONValue] {
        let url = "\(stage.addresses.outcomes)/v1/measures"
        var results: [JSONValue] = []
        for measure in try await stage.all(.supervisor, url).compactMap({ $0[["id"]]?.string }) {
            let period = "from=\(asOf.adding(days: -730))&to=\(asOf)&as_of=\(asOf)T00:00:00Z"
            var result = try await stage.call(.supervisor, "GET", "\(url)/\(measure)?\(period)", at: nil).body
            // When it was computed is no part of the past.
            result[["runAt"]] = nil
            results.append(result)
        }
        return results
    }

    private static func text(_ thing: JSONValue, _ member: String) -> String { thing[[.member(member)]]?.string ?? "" }

    /// By time, and where that is the same by what it says; never by ids, which differ from demo to demo.
    private static func order(_ thing: JSONValue, _ member: String) -> String {
        var names = StableNames()
        return text(thing, member) + String(decoding: names.renamed(thing).serialized(), as: UTF8.self)
    }
}

/// Numbers in place of ids, in the order in which they are met.
struct StableNames {
    private var names: [String: String] = [:]

    mutating func renamed(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): return .string(name(of: text))
        case .array(let elements): return .array(elements.map { renamed($0) })
        case .object(let object): return .object(JSONObject(object.members.map { ($0.name, renamed($0.value)) }))
        case .null, .bool, .number: return value
        }
    }

    private mutating func name(of text: String) -> String {
        guard ID<DemoExport>(text) != nil else { return text }
        if let known = names[text] { return known }
        names[text] = "#\(names.count + 1)"
        return names[text] ?? text
    }
}
