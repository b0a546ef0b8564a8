import FoundationEssentials
import HTTPTypes
import HummingbirdTesting
import JSON
import Models
import NIOCore
import Postgres
import ReferralsDomain
import ServiceKit
import Testing

@testable import Referrals

/// An EHR with a key of its own, in front of the door.
struct EHR: Sendable {
    let server: PartnerServer
    let key: TestClient
    let clientID: String
    let partnerID: PartnerID

    static let view = "/cds-services/overdose-visit-view"
    static let discharge = "/cds-services/overdose-visit-discharge"

    static func with(_ body: @escaping @Sendable (EHR) async throws -> Void) async throws {
        try await PartnerServer.with { server in
            let key = TestClient()
            let partnerID = try await server.referring.hospital("Mercy")
            let clientID = try await server.referring.work {
                try await server.referring.store.addClient(
                    of: partnerID, keys: .inline(key.keySet), scopes: ["system/ServiceRequest.c"], in: $0)
            }
            try await body(EHR(server: server, key: key, clientID: clientID, partnerID: partnerID))
        }
    }

    /// A JWT for an address of the door: no `sub`, as EHRs send them.
    func token(
        _ path: String, jti: String = UUID().uuidString,
        header: (inout JSONValue) -> Void = { _ in }, claims: (inout JSONValue) -> Void = { _ in }
    ) throws -> String {
        try key.assertion(clientID: clientID, at: server.referring.clock.now, jti: jti, header: header) { value in
            value[["sub"]] = nil
            value[["aud"]] = .string(PartnerServer.publicURL + path)
            value[["iat"]] = .number(JSONNumber(Int(server.referring.clock.now.unixSeconds)))
            claims(&value)
        }
    }

    func post(_ path: String, _ json: JSONValue, token: String?) async throws -> (status: Int, json: JSONValue) {
        var headers: HTTPFields = [.contentType: "application/json"]
        if let token { headers[.authorization] = "Bearer \(token)" }
        let response = try await server.client.execute(
            uri: path, method: .post, headers: headers, body: ByteBuffer(bytes: json.serialized()))
        let bytes = Array(response.body.readableBytesView)
        return (response.status.code, bytes.isEmpty ? .null : try JSONValue.parse(bytes))
    }

    func call(_ path: String, _ json: JSONValue) async throws -> (status: Int, json: JSONValue) {
        try await post(path, json, token: try token(path))
    }

    /// What an EHR sends of somebody in the emergency department.
    static func request(
        _ hook: String = "patient-view", _ change: (inout JSONValue) -> Void = { _ in }
    ) -> JSONValue {
        var json: JSONValue = [
            "hook": .string(hook), "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
            "fhirServer": "http://169.254.169.254/fhir", "fhirAuthorization": ["access_token": "secret"],
            "context": ["userId": "Practitioner/dr-1", "patientId": "p-1", "encounterId": "e-1"],
            "prefetch": [
                "encounter": [
                    "resourceType": "Encounter", "id": "e-1", "status": "in-progress",
                    "class": ["system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "EMER"],
                    "reasonCode": [["text": "found unresponsive"]],
                ],
                "conditions": [
                    "resourceType": "Bundle", "type": "searchset",
                    "entry": [
                        [
                            "resource": [
                                "resourceType": "Condition", "encounter": ["reference": "Encounter/e-1"],
                                "code": [
                                    "coding": [
                                        ["system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "T40.1X1A"]
                                    ]
                                ],
                            ]
                        ]
                    ],
                ],
            ],
        ]
        change(&json)
        return json
    }
}

@Suite("CDS Hooks") struct HookTests {
    @Test("the services are public, and say what must be sent along")
    func discovery() async throws {
        try await PartnerServer.with { server in
            let response = try await server.client.execute(uri: "/cds-services", method: .get)
            let services = try JSONValue.parse(Array(response.body.readableBytesView))["services"]?.items ?? []
            #expect(response.status == .ok)
            #expect(services.compactMap { $0["hook"]?.string } == ["patient-view", "encounter-discharge"])
            for service in services {
                #expect(service["id"]?.string != nil && service["description"]?.string != nil)
                #expect(service[["prefetch", "encounter"]]?.string?.hasPrefix("Encounter") == true)
            }
        }
    }

    @Test("a visit that looks like an overdose gets one card, whose draft the FHIR door takes once it is signed")
    func card() async throws {
        try await EHR.with { ehr in
            let answer = try await ehr.call(EHR.view, EHR.request())
            let cards = answer.json["cards"]?.items ?? []
            let card = try #require(cards.first)
            #expect(answer.status == 200 && cards.count == 1)
            #expect((card["summary"]?.string?.count ?? 999) < 140 && card["indicator"] == "warning")
            #expect(card[["source", "label"]]?.string?.isEmpty == false)
            #expect(card["uuid"]?.string.flatMap(UUID.init(uuidString:)) != nil)
            let actions = card[["suggestions", 0, "actions"]]?.items ?? []
            #expect(actions.compactMap { $0["type"]?.string } == ["create", "create"])
            // What the EHR does when the card is followed and the order signed.
            var order = try #require(actions.first?["resource"])
            var task = try #require(actions.last?["resource"])
            #expect(order["status"] == "draft" && task["status"] == "draft")
            #expect(task[["focus", "reference"]]?.string == "ServiceRequest/\(order["id"]?.string ?? "")")
            let urls = (1...3).map { "urn:uuid:0b0e4c5e-0000-4000-8000-00000000000\($0)" }
            order[["status"]] = "active"
            order[["id"]] = nil
            order[["encounter"]] = nil
            order[["requester"]] = nil
            order[["subject"]] = ["reference": .string(urls[0])]
            task[["status"]] = "requested"
            task[["requester"]] = nil
            task[["for"]] = ["reference": .string(urls[0])]
            task[["focus"]] = ["reference": .string(urls[1])]
            let patient: JSONValue = [
                "resourceType": "Patient", "identifier": [["system": "http://hospital.example/mrn", "value": "p-1"]],
                "name": [["family": "Quixote", "given": ["Dulcinea"]]], "birthDate": "1988-02-29",
            ]
            let entries = zip(urls, [patient, order, task]).map { url, resource -> JSONValue in
                [
                    "fullUrl": .string(url), "resource": resource,
                    "request": ["method": "POST", "url": resource["resourceType"] ?? .null],
                ]
            }
            let hospital = Sender(server: ehr.server, partnerID: ehr.partnerID, clientID: ehr.clientID)
            let taken = try await hospital.post(
                "/fhir", ["resourceType": "Bundle", "type": "transaction", "entry": .array(entries)])
            #expect(taken.status == .ok, "\(String(decoding: taken.json.serialized(), as: UTF8.self))")
        }
    }

    @Test("before somebody leaves, too; and no card where it is no overdose, no emergency, over, or of another visit")
    func cards() async throws {
        try await EHR.with { ehr in
            let condition: JSONPath = ["prefetch", "conditions", "entry", 0, "resource"]
            var encounter = EHR.request("encounter-discharge")
            encounter[["prefetch", "encounter", "status"]] = "finished"
            let discharge = try await ehr.call(EHR.discharge, encounter)
            #expect(discharge.json["cards"]?.items.count == 1)
            let cases: [(String, (inout JSONValue) -> Void, Int)] = [
                (
                    "words",
                    {
                        $0[["prefetch", "conditions"]] = nil;
                        $0[["prefetch", "encounter", "reasonCode"]] = [["text": "heroin overdose"]]
                    }, 1
                ),
                (
                    "a Bundle of encounters",
                    {
                        $0[["prefetch", "encounter"]] = [
                            "resourceType": "Bundle", "entry": [["resource": $0[["prefetch", "encounter"]] ?? .null]],
                        ]
                    }, 1
                ),
                (
                    "an outpatient visit in front of it",
                    {
                        var clinic = $0[["prefetch", "encounter"]] ?? .null
                        clinic[["id"]] = nil
                        clinic[["class", "code"]] = "AMB"
                        $0[["prefetch", "encounter"]] = [
                            "resourceType": "Bundle",
                            "entry": [["resource": clinic], ["resource": $0[["prefetch", "encounter"]] ?? .null]],
                        ]
                    }, 1
                ),
                (
                    "a confirmed diagnosis",
                    { $0[condition]?[["verificationStatus"]] = ["coding": [["code": "confirmed"]]] }, 1
                ),
                (
                    "a refuted diagnosis",
                    { $0[condition]?[["verificationStatus"]] = ["coding": [["code": "refuted"]]] }, 0
                ),
                (
                    "a diagnosis that was entered in error",
                    { $0[condition]?[["verificationStatus"]] = ["coding": [["code": "entered-in-error"]]] }, 0
                ),
                ("another diagnosis", { $0[condition]?[["code", "coding", 0, "code"]] = "J18.9" }, 0),
                ("an inpatient", { $0[["prefetch", "encounter", "class", "code"]] = "IMP" }, 0),
                ("over", { $0[["prefetch", "encounter", "status"]] = "finished" }, 0),
                ("another visit's diagnosis", { $0[condition]?[["encounter", "reference"]] = "Encounter/e-2" }, 0),
                ("no visit at all", { $0[["prefetch", "encounter"]] = ["resourceType": "Bundle", "total": 0] }, 0),
            ]
            for (name, change, count) in cases {
                let answer = try await ehr.call(EHR.view, EHR.request("patient-view", change))
                #expect(answer.status == 200 && answer.json["cards"]?.items.count == count, "\(name): \(answer)")
            }
        }
    }

    @Test("the answer is the same whether the person is known here or not, and nothing is written down about anybody")
    func presence() async throws {
        try await EHR.with { ehr in
            func shape(_ json: JSONValue) -> String {
                String(decoding: json.serialized(), as: UTF8.self)
                    .replacing(/[0-9a-f]{8}-[0-9a-f-]{27}/, with: "id")
            }
            let before = try await ehr.call(EHR.view, EHR.request())
            let hospital = Sender(server: ehr.server, partnerID: ehr.partnerID, clientID: ehr.clientID)
            _ = try await hospital.refer { $0[["entry", 0, "resource", "identifier", 0, "value"]] = "p-1" }
            let rows = Statement(
                "test.rows",
                "select (select count(*) from referral.audit_event) + (select count(*) from referral.dispatch_suggestion)"
            )
            let counted = try await ehr.server.referring.look(rows, as: Int.self)
            let after = try await ehr.call(EHR.view, EHR.request())
            #expect(shape(before.json) == shape(after.json))
            #expect(try await ehr.server.referring.look(rows, as: Int.self) == counted)
        }
    }

    @Test("what must be sent along and is not is 412; what is no request of the service is 400")
    func incomplete() async throws {
        try await EHR.with { ehr in
            let cases: [((inout JSONValue) -> Void, Int)] = [
                ({ $0[["prefetch"]] = nil }, 412), ({ $0[["prefetch", "encounter"]] = .null }, 412),
                ({ $0[["hook"]] = "order-sign" }, 400), ({ $0[["hookInstance"]] = "1" }, 400),
                ({ $0[["context", "patientId"]] = nil }, 400), ({ $0[["context", "patientId"]] = "../../x" }, 400),
                ({ $0 = [] }, 400),
            ]
            for (index, (change, status)) in cases.enumerated() {
                let answer = try await ehr.call(EHR.view, EHR.request("patient-view", change))
                #expect(answer.status == status, "\(index): \(answer)")
            }
            let unknown = try await ehr.call("/cds-services/nothing", EHR.request())
            #expect(unknown.status == 404)
        }
    }

    @Test("only a registered client, by a JWT of its own key, for this address, in its time, and once")
    func tokens() async throws {
        try await EHR.with { ehr in
            let good = try ehr.token(EHR.view, jti: "one")
            let first = try await ehr.post(EHR.view, EHR.request(), token: good)
            #expect(first.status == 200)
            let stranger = EHR(server: ehr.server, key: TestClient(), clientID: ehr.clientID, partnerID: ehr.partnerID)
            let now = Int(ehr.server.referring.clock.now.unixSeconds)
            let refused: [(String, String?)] = [
                ("a replay", good), ("none", nil), ("no JWT", "x"),
                ("another address", try ehr.token(EHR.discharge)),
                ("the address of feedback", try ehr.token(EHR.view + "/feedback")),
                ("another's key", try stranger.token(EHR.view)),
                ("no signature", try ehr.token(EHR.view, header: { $0[["alg"]] = "none" })),
                ("a shared secret", try ehr.token(EHR.view, header: { $0[["alg"]] = "HS256" })),
                ("out of time", try ehr.token(EHR.view, claims: { $0[["exp"]] = .number(JSONNumber(now - 60)) })),
                ("too long", try ehr.token(EHR.view, claims: { $0[["exp"]] = .number(JSONNumber(now + 3600)) })),
                ("another issuer", try ehr.token(EHR.view, claims: { $0[["iss"]] = "https://ehr.example" })),
                ("no number", try ehr.token(EHR.view, claims: { $0[["jti"]] = nil })),
            ]
            for (what, token) in refused {
                let answer = try await ehr.post(EHR.view, EHR.request(), token: token)
                #expect(answer.status == 401, "\(what)")
                #expect(answer.json["cards"] == nil, "\(what)")
            }
        }
    }

    @Test("feedback is counted by outcome and reason; who it was about and what was written are not kept")
    func feedback() async throws {
        try await EHR.with { ehr in
            let path = EHR.view + "/feedback"
            let feedback: JSONValue = [
                "feedback": [
                    [
                        "card": "f6b95768-b1c8-40dc-8385-bf3504b82ffb", "outcome": "accepted",
                        "acceptedSuggestions": [["id": "x"]], "outcomeTimestamp": "2026-11-22T09:00:00Z",
                    ],
                    [
                        "card": "2", "outcome": "overridden",
                        "overrideReason": ["reason": ["code": "declined"], "userComment": "Mrs Quixote says no"],
                    ],
                    ["card": "3", "outcome": "overridden", "overrideReason": ["reason": ["code": "Quixote"]]],
                ]
            ]
            for _ in 0..<2 { #expect(try await ehr.call(path, feedback).status == 200) }
            let counted = try await ehr.server.referring.look(
                Statement(
                    "test.counted",
                    """
                    select service || ' ' || outcome || ' ' || reason || ' ' || times
                    from referral.hook_feedback order by outcome, reason
                    """), as: String.self)
            #expect(
                counted == [
                    "overdose-visit-view accepted  2", "overdose-visit-view overridden declined 2",
                    "overdose-visit-view overridden other 2",
                ])
            for wrong in [[:], ["feedback": []], ["feedback": [["card": "1", "outcome": "ignored"]]]] as [JSONValue] {
                #expect(try await ehr.call(path, wrong).status == 400)
            }
            #expect(try await ehr.post(path, feedback, token: try ehr.token(EHR.view)).status == 401)
        }
    }

    @Test("the office reads how often cards were followed or overridden, day by day; nobody else does")
    func feedbackRead() async throws {
        try await EHR.with { ehr in
            let (referring, path) = (ehr.server.referring, EHR.view + "/feedback")
            let overridden: JSONValue = [
                "card": "1", "outcome": "overridden", "overrideReason": ["reason": ["code": "declined"]],
            ]
            let accepted: JSONValue = ["card": "2", "outcome": "accepted"]
            for cards in [[overridden, accepted], [overridden]] as [JSONValue] {
                #expect(try await ehr.call(path, ["feedback": cards]).status == 200)
            }
            referring.clock.advance(by: .seconds(40 * 86_400))
            _ = try await ehr.call(EHR.discharge + "/feedback", ["feedback": [accepted]])
            try await referring.calling { client in
                func read(_ query: String) async throws -> [String] {
                    let answer = try await client.call(.get, "/v1/hooks/feedback\(query)")
                    #expect(answer.status == 200, "\(answer.text)")
                    return try answer.items().map { item in
                        let words = ["on", "service", "outcome", "reason"].compactMap { item[$0]?.string }
                        return (words + ["\(item["times"]?.integer ?? 0)"]).joined(separator: " ")
                    }
                }
                let usual = try await read("")
                #expect(usual == ["2027-01-01 overdose-visit-discharge accepted 1"], "of 30 days")
                let first = try await read("?from=2026-11-22&through=2026-11-22")
                #expect(
                    first == [
                        "2026-11-22 overdose-visit-view accepted 1",
                        "2026-11-22 overdose-visit-view overridden declined 2",
                    ])
                let both = try await read("?from=2026-10-02&through=2027-01-01")
                #expect(both == first + usual)
                for wrong in ["?from=2026-10-01&through=2027-01-01", "?from=2027-01-02", "?from=yesterday"] {
                    let answer = try await client.call(.get, "/v1/hooks/feedback\(wrong)")
                    #expect(answer.status == 422, "\(wrong)")
                }
                for role in ["partner:\(ehr.partnerID)", "peer:\(PeerID.fixed(1))", "operator"] {
                    let answer = try await client.call(.get, "/v1/hooks/feedback", as: role)
                    #expect(answer.status == 403, "\(role)")
                }
            }
        }
    }
}
