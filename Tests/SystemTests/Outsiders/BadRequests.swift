import Foundation
import JSON
import Models

@testable import Operator

/// Requests that must fail, for every operation that the services describe, with marks wherever a caller can put them.
struct BadRequests: Sendable {
    let outsider: Outsider
    let tokens: [String?]
    /// An id that exists, so that paths get past their reading.
    let ids: [String]

    /// Plays all of them; returns how many operations there were.
    func play(_ addresses: SuiteAddresses) async throws -> Int {
        var operations = 0
        for address in [addresses.referrals, addresses.matching, addresses.scheduling, addresses.outcomes] {
            let document = try await outsider.send("GET", address + "/openapi.json").json
            for path in document["paths"]?.object?.members ?? [] {
                for operation in path.value.object?.members ?? [] where Self.methods.contains(operation.name) {
                    operations += 1
                    try await play(operation.name.uppercased(), address, path.name, operation.value)
                }
            }
        }
        return operations
    }

    private static let methods: Set<String> = ["get", "post", "put", "patch", "delete"]

    private func play(_ method: String, _ address: String, _ template: String, _ operation: JSONValue) async throws {
        let types = operation[["requestBody", "content"]]?.object?.names ?? []
        for token in tokens {
            // In the path, in the query, in the headers: each alone, or the first would hide the others.
            try await outsider.send(
                method, address + Self.filled(template, Self.encoded(Mark.misplaced.text)), token: token,
                body: method == "GET" ? nil : "{}", type: types.first ?? "application/json")
            let plain = address + Self.filled(template, ids.randomElement() ?? "")
            try await outsider.send(
                method, plain + "?" + Self.query, token: token, body: method == "GET" ? nil : "{}",
                type: types.first ?? "application/json")
            try await outsider.send(
                method, plain, token: token, headers: Self.headers, body: method == "GET" ? nil : "{}",
                type: types.first ?? "application/json")
            guard method != "GET" else { continue }
            for body in Self.bodies {
                try await outsider.send(
                    method, plain, token: token,
                    headers: [("Idempotency-Key", UUID().uuidString), ("If-Match", "\"1\"")], body: body,
                    type: types.first ?? "application/json")
            }
        }
    }

    private static func filled(_ template: String, _ value: String) -> String {
        template.split(separator: "/", omittingEmptySubsequences: false)
            .map { $0.hasPrefix("{") ? value : String($0) }.joined(separator: "/")
    }

    static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }

    private static let query =
        [
            "status", "participantID", "peerID", "cursor", "limit", "from", "to", "view", "code", "patient", "_id",
            "_include", "_sort", "_count", "_cursor", "owner", "identifier", "name", "phone",
        ].map { name in
            "\(name)=\(encoded(Mark.misplaced.text))&\(name):of=\(encoded(Mark.familyName.text))"
        }.joined(separator: "&") + "&phone=\(encoded(Mark.phone.text))&born=\(Mark.birthDate.text)"

    private static let headers =
        [
            "X-Request-Id", "Idempotency-Key", "If-Match", "If-None-Match", "traceparent", "tracestate", "baggage",
            "User-Agent", "Referer", "Cookie", "Prefer", "Accept", "Accept-Language", "X-Forwarded-For", "Forwarded",
            "Handrail-Rehearsed-At",
        ].map { ($0, Mark.misplaced.text) }

    /// Malformed, unknown members, wrong types, too much of everything.
    private static let bodies = [
        #"{"familyName":"\#(Mark.familyName.text)","phone":"#,
        #"{"note":"\#(Mark.freeText.text)" "\#(Mark.email.text)"}"#,
        #""\#(Mark.givenName.text)""#,
        #"{"\#(Mark.member.text)":"\#(Mark.address.text)","person":"\#(Mark.familyName.text)"}"#,
        wrongTypes { .string($0) }, wrongTypes { .array([.string($0)]) }, wrongTypes { ["text": .string($0)] },
        #"{"resourceType":"\#(Mark.member.text)","id":"\#(Mark.recordNumber.text)","status":"\#(Mark.freeText.text)"}"#,
        #"{"resourceType":"Task","status":"\#(Mark.freeText.text)","intent":"\#(Mark.givenName.text)"}"#,
        #"[{"op":"\#(Mark.freeText.text)","path":"/\#(Mark.familyName.text)","value":"\#(Mark.phone.text)"}]"#,
        #"[{"op":"replace","path":"/status","value":"\#(Mark.freeText.text)"}]"#,
        "grant_type=\(Mark.misplaced.text)&client_assertion=\(Mark.misplaced.text)&scope=\(encoded(Mark.email.text))",
    ]

    /// Every member that some operation knows, with a mark where something else belongs.
    private static func wrongTypes(_ value: (String) -> JSONValue) -> String {
        let names = [
            "setting", "priority", "programme", "callback", "person", "consent", "partnerID", "peerID", "participantID",
            "planID", "referralID", "reason", "note", "instrument", "answers", "mode", "outcome", "occurredAt",
            "occurredOn", "startsAt", "endsAt", "languages", "displayName", "kind", "name", "status", "birthDate",
            "phone", "webhookURL", "jwks", "disposition", "credentials", "wishes", "rules", "to", "review", "until",
        ]
        let marks = [Mark.familyName, .phone, .birthDate, .freeText, .email, .address]
        let members = names.enumerated().map { ($1, value(marks[$0 % marks.count].text)) }
        return String(decoding: JSONValue.object(JSONObject(members)).serialized(), as: UTF8.self)
    }
}
