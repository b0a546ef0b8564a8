import FHIR
import HTTPTypes
import JSON
import Models
import NIOConcurrencyHelpers
import Postgres
import ReferralsDomain
import TestKit
import Testing

@testable import MessageTable
@testable import Referrals

@Suite("Subscribing by FHIR")
struct SubscribingTests {
    /// As a client sends it (R4 backport of topics).
    static func subscription(
        topic: String = "Task", filters: [String] = [], heartbeat: Int? = nil, content: String = "id-only",
        endpoint: String = "https://hospital.example/hooks", timeout: Int? = nil, maxCount: Int? = nil,
        id: String? = nil
    ) -> JSONValue {
        let backport = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"
        var json: JSONValue = [
            "resourceType": "Subscription", "status": "requested", "reason": "Close the loop",
            "criteria": .string("http://hl7.org/fhir/us/sdoh-clinicalcare/SubscriptionTopic/\(topic)"),
            "channel": [
                "type": "rest-hook", "endpoint": .string(endpoint),
                "header": ["Authorization: Bearer secret-of-the-hospital"], "payload": "application/fhir+json",
                "_payload": [
                    "extension": [
                        ["url": .string("\(backport)/backport-payload-content"), "valueCode": .string(content)]
                    ]
                ],
            ],
        ]
        if !filters.isEmpty {
            json[["_criteria"]] = [
                "extension": .array(
                    filters.map {
                        ["url": .string("\(backport)/backport-filter-criteria"), "valueString": .string($0)]
                    })
            ]
        }
        let numbers = [
            ("heartbeat-period", "valueUnsignedInt", heartbeat), ("timeout", "valueUnsignedInt", timeout),
            ("max-count", "valuePositiveInt", maxCount),
        ].compactMap { name, type, number -> JSONValue? in
            guard let number else { return nil }
            let url: JSONValue = .string("\(backport)/backport-\(name)")
            return .object(["url": url, type: .number(JSONNumber(number))])
        }
        if !numbers.isEmpty { json[["channel", "extension"]] = .array(numbers) }
        json[["id"]] = id.map { .string($0) }
        return json
    }

    /// The hospital's endpoint, which answers as it is told to.
    final class Endpoint: Sendable {
        private let state = NIOLockedValueBox((status: Optional(200), received: [WebhookRequest]()))

        func answer(_ status: Int?) { state.withLockedValue { $0.status = status } }

        func post(_ request: WebhookRequest) -> Int? {
            state.withLockedValue {
                $0.received.append(request)
                return $0.status
            }
        }

        var received: [WebhookRequest] { state.withLockedValue(\.received) }

        /// What the notifications say: type, number of events, number of the event, focus.
        func told() throws -> [[String]] {
            try received.map { request in
                let json = try JSONValue.parse(request.body)
                #expect(json[["resourceType"]] == "Bundle" && json[["type"]] == "history")
                let parameters = json[["entry", 0, "resource", "parameter"]]?.array ?? []
                func value(_ name: String, _ type: String) -> String? {
                    parameters.first { $0[["name"]]?.string == name }?[[.member(type)]]?.string
                }
                let parts = parameters.first { $0[["name"]] == "notification-event" }?[["part"]]?.array ?? []
                let number = parts.first { $0[["name"]] == "event-number" }?[["valueString"]]?.string
                let focus = parts.first { $0[["name"]] == "focus" }?[["valueReference", "reference"]]?.string
                return [
                    value("type", "valueCode"), value("events-since-subscription-start", "valueString"), number, focus,
                ].compactMap(\.self)
            }
        }
    }

    /// A hospital that has subscribed, the path of its subscription, and its endpoint.
    static func with(
        _ subscription: JSONValue = subscription(),
        _ body: @escaping @Sendable (PartnerServer, Sender, String, Endpoint) async throws -> Void
    ) async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let answer = try await hospital.post("/fhir/Subscription", subscription)
            #expect(answer.status == .created, "\(String(decoding: answer.json.serialized(), as: UTF8.self))")
            #expect(answer.json[["status"]] == "requested")
            let id = try #require(answer.json[["id"]]?.string)
            try await body(server, hospital, "/fhir/Subscription/\(id)", Endpoint())
        }
    }

    /// Sends what is due, until nothing is.
    ///
    /// - Parameter times: how often each is sent, as after a crash before it could be written down.
    static func send(_ server: PartnerServer, to endpoint: Endpoint, times: Int = 1) async throws {
        let webhooks = WebhookSender(
            pool: server.referring.pool, store: server.referring.store, clock: server.referring.clock.wall,
            baseURL: "\(PartnerServer.publicURL)/fhir"
        ) { endpoint.post($0) }
        let sender = DeliverySender(
            pool: server.referring.workers, clock: server.referring.clock.wall, logger: .silent
        ) { attempt in
            for _ in 1..<times {
                _ = await webhooks.send(attempt)
                server.referring.clock.advance(by: .milliseconds(10))
            }
            return await webhooks.send(attempt)
        }
        while true {
            let claimed = try await sender.claim(10, probes: 10)
            if claimed.isEmpty { return }
            for one in claimed { await sender.carryOut(one) }
        }
    }

    static func status(_ hospital: Sender, _ path: String) async throws -> String? {
        try await hospital.get(path).json[["status"]]?.string
    }

    @Test("the handshake makes it active; then each change is one event under the hospital's own id, in its order")
    func events() async throws {
        try await Self.with { server, hospital, path, endpoint in
            try await Self.send(server, to: endpoint)
            #expect(try await Self.status(hospital, path) == "active")
            let task = try await hospital.refer()[3]
            try await server.referring.moveOn()
            try await Self.send(server, to: endpoint)
            let focus = "\(PartnerServer.publicURL)\(task)"
            #expect(
                try endpoint.told() == [
                    ["handshake", "0"], ["event-notification", "1", "1", focus],
                    ["event-notification", "2", "2", focus],
                ])
            for request in endpoint.received {
                #expect(request.url == "https://hospital.example/hooks")
                #expect(request.headers["authorization"] == "Bearer secret-of-the-hospital")
                #expect(request.headers["content-type"] == "application/fhir+json")
                let text = String(decoding: request.body, as: UTF8.self)
                for word in ["Robin", "Example", "in-progress", "accepted"] { #expect(!text.contains(word)) }
            }
            let events = try await hospital.get("\(path)/$events?eventsSinceNumber=2")
            let parameters = try #require(events.json[["entry", 0, "resource", "parameter"]]?.array)
            #expect(parameters.filter { $0[["name"]] == "notification-event" }.count == 1)
            #expect(parameters.contains { $0[["valueCode"]] == "query-event" })
            let status = try await hospital.get("\(path)/$status")
            #expect(status.json[["entry", 0, "resource", "resourceType"]] == "Parameters")
            #expect(
                (status.json[["entry", 0, "resource", "parameter"]]?.array ?? []).contains {
                    $0[["name"]] == "events-since-subscription-start" && $0[["valueString"]] == "2"
                })
            let read = String(decoding: try await hospital.get(path).json.serialized(), as: UTF8.self)
            #expect(!read.contains("secret-of-the-hospital"))
        }
    }

    @Test("a handshake that fails is an error that stays one", arguments: [500, 404, 302, nil] as [Int?])
    func handshake(_ answer: Int?) async throws {
        try await Self.with { server, hospital, path, endpoint in
            endpoint.answer(answer)
            try await Self.send(server, to: endpoint)
            #expect(try await Self.status(hospital, path) == "error")
            endpoint.answer(200)
            _ = try await hospital.refer()
            server.referring.clock.advance(by: .seconds(86_400))
            try await Self.send(server, to: endpoint)
            #expect(endpoint.received.count == 1)
            #expect(try await hospital.get(path).json[["error"]]?.string?.isEmpty == false)
        }
    }

    @Test("what the filters leave out has no number, and no gap tells of it")
    func filters() async throws {
        let wanted = Self.subscription(filters: ["Task?status=in-progress,cancelled", "Task?code=fulfill"])
        try await Self.with(wanted) { server, hospital, _, endpoint in
            try await Self.send(server, to: endpoint)
            _ = try await hospital.refer()
            try await Self.send(server, to: endpoint)
            try await server.referring.moveOn()
            try await Self.send(server, to: endpoint)
            #expect(
                try endpoint.told().map { $0.prefix(2).joined(separator: " ") } == [
                    "handshake 0", "event-notification 1",
                ])
        }
    }

    @Test("what rests on a consent is not told once it is revoked, and leaves no gap")
    func revoked() async throws {
        try await Self.with { server, hospital, _, endpoint in
            _ = try await hospital.refer()
            try await Self.send(server, to: endpoint)
            try await server.referring.moveOn()
            let referring = server.referring
            let consent = try #require(
                try await referring.look(
                    Statement("test.c", "select consent_id from referral.consent"), as: ConsentID.self
                ).first)
            let person = try #require(
                try await referring.look(
                    Statement("test.p", "select participant_id from referral.participant"), as: ParticipantID.self
                ).first)
            try await referring.work { work in
                let locked = try await referring.store.lockPerson(person, in: work)
                _ = try await referring.store.revoke(consent, of: locked, by: "coordinator", in: work)
            }
            try await Self.send(server, to: endpoint)
            #expect(try endpoint.told() == [["handshake", "0"]])
        }
    }

    @Test("a sign of life goes out when nothing else did, and not sooner")
    func heartbeat() async throws {
        try await Self.with(Self.subscription(heartbeat: 60)) { server, hospital, _, endpoint in
            try await Self.send(server, to: endpoint)
            server.referring.clock.advance(by: .seconds(40))
            _ = try await hospital.refer()
            try await Self.send(server, to: endpoint)
            server.referring.clock.advance(by: .seconds(40))
            try await Self.send(server, to: endpoint)
            #expect(try endpoint.told().map(\.first) == ["handshake", "event-notification"])
            server.referring.clock.advance(by: .seconds(20))
            try await Self.send(server, to: endpoint)
            server.referring.clock.advance(by: .seconds(60))
            try await Self.send(server, to: endpoint)
            #expect(
                try endpoint.told().map { $0.prefix(2).joined(separator: " ") } == [
                    "handshake 0", "event-notification 1", "heartbeat 1", "heartbeat 1",
                ])
        }
    }

    @Test("a sign of life that is repeated after a crash stays one, and so do all after it")
    func heartbeatAfterCrash() async throws {
        try await Self.with(Self.subscription(heartbeat: 60)) { server, _, _, endpoint in
            for _ in 0..<4 {
                try await Self.send(server, to: endpoint, times: 2)
                server.referring.clock.advance(by: .seconds(60))
            }
            let waiting = try await server.referring.look(
                Statement(
                    "test.heartbeats",
                    "select count(*) from message_table.delivery where state = 'ready'"), as: Int.self)
            #expect(waiting == [1])
            #expect(try endpoint.told().map(\.first) == ["handshake", "heartbeat", "heartbeat", "heartbeat"])
        }
    }

    @Test("an endpoint that is away is tried for most of a day under the same number, then it is an error")
    func givenUp() async throws {
        try await Self.with { server, hospital, path, endpoint in
            try await Self.send(server, to: endpoint)
            _ = try await hospital.refer()
            endpoint.answer(503)
            for pause in [0, 80, 400, 2200, 9000, 52_000] as [Int] {
                #expect(try await Self.status(hospital, path) == "active")
                server.referring.clock.advance(by: .seconds(pause))
                try await Self.send(server, to: endpoint)
            }
            #expect(try await Self.status(hospital, path) == "error")
            let told = try endpoint.told()
            #expect(told.count == 7)
            #expect(Set(told.dropFirst()).count == 1, "the same event each time")
            #expect(Set(endpoint.received.dropFirst().compactMap { $0.headers["webhook-id"] }).count == 1)
        }
    }

    @Test("notifications are signed as webhooks are: while a secret is replaced, with both")
    func signed() async throws {
        try await Self.with { server, hospital, _, endpoint in
            let store = server.referring.store
            for version in [1, 2] {
                try await server.referring.work { work in
                    if version == 1 {
                        _ = try await store.setWebhook(
                            "https://hospital.example/hooks", of: hospital.partnerID, expecting: version, in: work)
                    } else {
                        _ = try await store.rotateWebhookSecret(of: hospital.partnerID, expecting: version, in: work)
                    }
                }
            }
            try await Self.send(server, to: endpoint)
            let webhook = try #require(
                try await server.referring.work { try await store.webhook(of: hospital.partnerID, in: $0) })
            let request = try #require(endpoint.received.first)
            let id = try #require(request.headers["webhook-id"])
            let expected = WebhookSignature.of(
                request.body, id: id, at: server.referring.clock.now, secrets: webhook.secrets)
            #expect(request.headers["webhook-signature"] == expected)
            #expect(expected.split(separator: " ").count == 2)
        }
    }

    @Test("an order that its sender takes back is told to who subscribed to orders, and nothing else is")
    func orders() async throws {
        try await Self.with(Self.subscription(topic: "Servicerequest")) { server, hospital, _, endpoint in
            try await Self.send(server, to: endpoint)
            let paths = try await hospital.refer()
            try await server.referring.moveOn()
            let patch: JSONValue = [
                ["op": "replace", "path": "/status", "value": "cancelled"],
                ["op": "add", "path": "/statusReason/text", "value": "Went home."],
            ]
            _ = try await hospital.send(.patch, paths[3], patch.serialized(), type: "application/json-patch+json")
            try await Self.send(server, to: endpoint)
            #expect(
                try endpoint.told() == [
                    ["handshake", "0"], ["event-notification", "1", "1", "\(PartnerServer.publicURL)\(paths[2])"],
                ])
        }
    }

    @Test("a draft that becomes a request is told to who subscribed to orders")
    func requestedOrder() async throws {
        try await Self.with(Self.subscription(topic: "Servicerequest")) { server, hospital, _, endpoint in
            try await Self.send(server, to: endpoint)
            let paths = try await hospital.refer {
                $0[["entry", 2, "resource", "status"]] = "draft"
                $0[["entry", 3, "resource", "status"]] = "draft"
            }
            try await Self.send(server, to: endpoint)
            #expect(endpoint.received.count == 1)
            let patch: JSONValue = [["op": "replace", "path": "/status", "value": "requested"]]
            _ = try await hospital.send(.patch, paths[3], patch.serialized(), type: "application/json-patch+json")
            try await Self.send(server, to: endpoint)
            #expect(
                try endpoint.told().last == [
                    "event-notification", "1", "1", "\(PartnerServer.publicURL)\(paths[2])",
                ])
        }
    }

    @Test("an empty notification names nothing, and a deleted subscription hears nothing")
    func emptyAndDeleted() async throws {
        try await Self.with(Self.subscription(content: "empty")) { server, hospital, path, endpoint in
            try await Self.send(server, to: endpoint)
            _ = try await hospital.refer()
            try await Self.send(server, to: endpoint)
            #expect(try endpoint.told().last == ["event-notification", "1", "1"])
            #expect(try await hospital.send(.delete, path).status == .noContent)
            #expect(try await hospital.get(path).status == .notFound)
            try await server.referring.moveOn()
            try await Self.send(server, to: endpoint)
            #expect(endpoint.received.count == 2)
            #expect(try await hospital.get("/fhir/Subscription").json[["total"]] == 0)
        }
    }

    @Test("it is the partner's own: no other finds it, reads it or ends it")
    func others() async throws {
        try await Self.with { server, hospital, path, _ in
            let other = try await server.hospital("Mercy Hospital")
            for answer in [
                try await other.get(path), try await other.get("\(path)/$status"),
                try await other.get("\(path)/$events"),
                try await other.send(.delete, path),
                try await other.send(
                    .put, path,
                    Self.subscription(id: String(path.dropFirst("/fhir/Subscription/".count))).serialized()),
            ] { #expect(answer.status == .notFound) }
            #expect(try await other.get("/fhir/Subscription").json[["total"]] == 0)
            #expect(try await hospital.get("/fhir/Subscription").json[["total"]] == 1)
        }
    }

    @Test(
        "what cannot be served is refused, and says where",
        arguments: [
            (["criteria"], "http://example.org/topic" as JSONValue, "Subscription.criteria"),
            (["status"], "active", "Subscription.status"),
            (["channel", "type"], "email", "Subscription.channel.type"),
            (["channel", "endpoint"], "http://hospital.example/hooks", "Subscription.channel.endpoint"),
            (["channel", "endpoint"], "https://user@hospital.example/", "Subscription.channel.endpoint"),
            (["channel", "payload"], "text/plain", "Subscription.channel.payload"),
            (["channel", "_payload"], .null, "Subscription.channel.payload.extension"),
            (["channel", "header"], ["Host: elsewhere.example"], "Subscription.channel.header"),
            (["channel", "header"], ["Authorization: a\r\nX: b"], "Subscription.channel.header"),
            (["end"], "2020-01-01T00:00:00Z", "Subscription.end"),
        ] as [(JSONPath, JSONValue, String)])
    func refused(_ place: JSONPath, _ value: JSONValue, _ expression: String) async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            var wanted = Self.subscription()
            wanted[place] = value == .null ? nil : value
            let answer = try await hospital.post("/fhir/Subscription", wanted)
            #expect([400, 422].contains(answer.status.code))
            let places = (answer.json[["issue"]]?.array ?? []).compactMap { $0[["expression", 0]]?.string }
            #expect(places.contains { $0.hasPrefix(expression) }, "\(places)")
            #expect(try await hospital.get("/fhir/Subscription").json[["total"]] == 0)
        }
    }

    @Test(
        "a filter that the topic does not have, full resources and too quick a heartbeat are refused",
        arguments: [
            subscription(filters: ["Task?patient=1"]), subscription(filters: ["Task?colour=red"]),
            subscription(content: "full-resource"), subscription(heartbeat: 5), subscription(timeout: 0),
            subscription(timeout: .max), subscription(maxCount: 0),
        ])
    func refusedExtensions(_ wanted: JSONValue) async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            #expect(try await hospital.post("/fhir/Subscription", wanted).status == .unprocessableContent)
        }
    }

    @Test("twenty are enough of one partner")
    func many() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            func wanted(_ number: Int) -> JSONValue {
                Self.subscription(endpoint: "https://hospital.example/hooks/\(number)")
            }
            for number in 0..<20 {
                #expect(try await hospital.post("/fhir/Subscription", wanted(number)).status == .created)
            }
            #expect(try await hospital.post("/fhir/Subscription", wanted(20)).status == .unprocessableContent)
        }
    }

    @Test("the same asked again, also at the same moment, is one subscription with one handshake")
    func again() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let places = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        try await hospital.post("/fhir/Subscription", Self.subscription()).headers[.location]
                    }
                }
                return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
            }
            #expect(places.count == 1 && !places.contains(nil))
            #expect(try await hospital.get("/fhir/Subscription").json[["total"]] == 1)
            let endpoint = Endpoint()
            try await Self.send(server, to: endpoint)
            #expect(try endpoint.told() == [["handshake", "0"]])
            // One that was given up is asked for anew.
            endpoint.answer(410)
            _ = try await hospital.refer()
            try await Self.send(server, to: endpoint)
            #expect(try await hospital.post("/fhir/Subscription", Self.subscription()).status == .created)
            #expect(try await hospital.get("/fhir/Subscription").json[["total"]] == 2)
        }
    }

    @Test("a client that was disabled hears no more, also of what was queued; the hospital's other clients do")
    func disabledClient() async throws {
        try await Self.with { server, hospital, path, endpoint in
            let store = server.referring.store
            var colleague = hospital
            colleague.clientID = try await server.newClient(of: hospital.partnerID)
            let others = Self.subscription(endpoint: "https://hospital.example/others")
            _ = try await colleague.post("/fhir/Subscription", others)
            try await Self.send(server, to: endpoint)
            _ = try await hospital.refer()
            try await server.referring.work { work in
                try await store.disableClient(hospital.clientID, of: hospital.partnerID, in: work)
            }
            try await server.referring.moveOn()
            try await Self.send(server, to: endpoint)
            let heard = endpoint.received.map(\.url)
            #expect(heard.count { $0 == "https://hospital.example/hooks" } == 1, "the handshake")
            #expect(heard.count { $0 == "https://hospital.example/others" } == 3)
            #expect(try await Self.status(colleague, path) == "off")
            #expect(try await hospital.post("/fhir/Subscription", Self.subscription()).status == .forbidden)
        }
    }

    @Test("who subscribes may read what it hears of")
    func scopes() async throws {
        try await PartnerServer.with { server in
            var hospital = try await server.hospital()
            let tasks = Self.subscription()
            hospital.scopes = "system/Subscription.crds"
            #expect(try await hospital.post("/fhir/Subscription", tasks).status == .forbidden)
            hospital.scopes = "system/Subscription.crds system/Task.r"
            #expect(
                try await hospital.post("/fhir/Subscription", Self.subscription(topic: "Servicerequest")).status
                    == .forbidden)
            let made = try await hospital.post("/fhir/Subscription", tasks)
            #expect(made.status == .created)
            let events = "/fhir/Subscription/\(try #require(made.json[["id"]]?.string))/$events"
            #expect(try await hospital.get(events).status == .ok)
            hospital.scopes = "system/Subscription.crds system/Task.s"
            #expect(try await hospital.get(events).status == .forbidden)
        }
    }
}
