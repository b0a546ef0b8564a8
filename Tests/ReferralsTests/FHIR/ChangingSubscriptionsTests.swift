import HTTPTypes
import JSON
import Models
import TestKit
import Testing

@testable import Referrals

@Suite("Changing a subscription by FHIR")
struct ChangingSubscriptionsTests {
    private static let elsewhere = "https://hospital.example/elsewhere"

    /// Sends back what is read, with something changed.
    private static func change(
        _ path: String, of hospital: Sender, ifMatch: String? = nil, _ change: (inout JSONValue) -> Void
    ) async throws -> Sender.Answer {
        var json = try await hospital.get(path).json
        change(&json)
        return try await hospital.send(
            .put, path, json.serialized(), headers: ifMatch.map { ["If-Match": $0] } ?? [:])
    }

    @Test("what is changed shakes hands again, under the version that was read; then it hears at the new place only")
    func elsewhere() async throws {
        try await SubscribingTests.with { server, hospital, path, endpoint in
            try await SubscribingTests.send(server, to: endpoint)
            _ = try await hospital.refer()
            func move(_ json: inout JSONValue) {
                json[["channel", "endpoint"]] = .string(Self.elsewhere)
                json[["channel", "header"]] = ["Authorization: Bearer another"]
            }
            let stale = try await Self.change(path, of: hospital, ifMatch: "W/\"1\"", move)
            #expect(stale.status == .preconditionFailed)
            let changed = try await Self.change(path, of: hospital, ifMatch: "W/\"2\"", move)
            #expect(changed.status == .ok && changed.headers[.eTag] == "W/\"3\"")
            #expect(changed.json[["status"]] == "requested" && changed.json[["channel", "header"]] == nil)
            try await SubscribingTests.send(server, to: endpoint)
            #expect(try await SubscribingTests.status(hospital, path) == "active")
            try await server.referring.moveOn()
            try await SubscribingTests.send(server, to: endpoint)
            // What was queued before is told by neither.
            #expect(
                endpoint.received.map(\.url)
                    == ["https://hospital.example/hooks", Self.elsewhere, Self.elsewhere])
            #expect(
                try endpoint.told().map { $0.prefix(2).joined(separator: " ") } == [
                    "handshake 0", "handshake 0", "event-notification 1",
                ])
            #expect(endpoint.received.last?.headers["authorization"] == "Bearer another")
        }
    }

    @Test("a secret header that is left out stays with its endpoint, and goes to no other")
    func headers() async throws {
        try await SubscribingTests.with { server, hospital, path, endpoint in
            _ = try await Self.change(path, of: hospital) { $0[["reason"]] = "Another reason" }
            try await SubscribingTests.send(server, to: endpoint)
            #expect(endpoint.received.map { $0.headers["authorization"] } == ["Bearer secret-of-the-hospital"])
            _ = try await Self.change(path, of: hospital) { $0[["channel", "endpoint"]] = .string(Self.elsewhere) }
            try await SubscribingTests.send(server, to: endpoint)
            #expect(endpoint.received.last?.url == Self.elsewhere)
            #expect(endpoint.received.last?.headers["authorization"] == nil)
        }
    }

    @Test("off, nothing is heard; asked for again, it shakes hands and hears what happens from then on")
    func off() async throws {
        try await SubscribingTests.with { server, hospital, path, endpoint in
            try await SubscribingTests.send(server, to: endpoint)
            let off = try await Self.change(path, of: hospital) { $0[["status"]] = "off" }
            #expect(off.json[["status"]] == "off")
            _ = try await hospital.refer()
            try await SubscribingTests.send(server, to: endpoint)
            #expect(endpoint.received.count == 1)
            for status in ["active", "error"] {
                let refused = try await Self.change(path, of: hospital) { $0[["status"]] = .string(status) }
                #expect(refused.status == .unprocessableContent)
            }
            let again = try await Self.change(path, of: hospital) { $0[["status"]] = "requested" }
            #expect(again.json[["status"]] == "requested")
            try await SubscribingTests.send(server, to: endpoint)
            try await server.referring.moveOn()
            try await SubscribingTests.send(server, to: endpoint)
            #expect(
                try endpoint.told().map { $0.prefix(2).joined(separator: " ") } == [
                    "handshake 0", "handshake 0", "event-notification 1",
                ])
        }
    }

    @Test("asked for anew it is heard of at once, however long its endpoint would still be left alone")
    func broughtBack() async throws {
        try await SubscribingTests.with { server, hospital, path, endpoint in
            try await SubscribingTests.send(server, to: endpoint)
            endpoint.answer(503)
            _ = try await hospital.refer()
            try await SubscribingTests.send(server, to: endpoint)
            // The endpoint's queue waits for a minute; one that was given up would wait for hours.
            for answer in [200, 500, 200] {
                endpoint.answer(answer)
                let again = try await Self.change(path, of: hospital) { $0[["status"]] = "requested" }
                #expect(again.status == .ok && again.json[["error"]] == nil)
                try await SubscribingTests.send(server, to: endpoint)
                #expect(try await SubscribingTests.status(hospital, path) == (answer == 200 ? "active" : "error"))
            }
            #expect(
                try endpoint.told().map(\.first) == [
                    "handshake", "event-notification", "handshake", "handshake", "handshake",
                ])
        }
    }

    @Test("sent back as it was read it is unchanged; another topic forgets the events of the first")
    func topic() async throws {
        try await SubscribingTests.with { server, hospital, path, endpoint in
            try await SubscribingTests.send(server, to: endpoint)
            _ = try await hospital.refer()
            try await SubscribingTests.send(server, to: endpoint)
            let same = try await Self.change(path, of: hospital) { _ in }
            #expect(same.json[["status"]] == "active" && same.headers[.eTag] == "W/\"2\"")
            _ = try await Self.change(path, of: hospital) {
                $0[["criteria"]] = "http://hl7.org/fhir/us/sdoh-clinicalcare/SubscriptionTopic/Servicerequest"
            }
            let events = try await hospital.get("\(path)/$events")
            let parameters = try #require(events.json[["entry", 0, "resource", "parameter"]]?.array)
            #expect(!parameters.contains { $0[["name"]] == "notification-event" })
            try await SubscribingTests.send(server, to: endpoint)
            try await server.referring.moveOn()
            try await SubscribingTests.send(server, to: endpoint)
            #expect(try endpoint.told().map(\.first) == ["handshake", "event-notification", "handshake"])
        }
    }

    @Test("an endpoint is waited for no longer than its client wants")
    func timeout() async throws {
        try await SubscribingTests.with(SubscribingTests.subscription(timeout: 3, maxCount: 5)) {
            server, _, _, endpoint in
            try await SubscribingTests.send(server, to: endpoint)
            #expect(endpoint.received.map(\.patience) == [3])
        }
    }

    @Test("a scope to read is none to change, and the id of the resource is that of the URL")
    func refused() async throws {
        try await SubscribingTests.with { _, hospital, path, _ in
            var reader = hospital
            reader.scopes = "system/Subscription.crds system/Task.r"
            #expect(try await Self.change(path, of: reader) { _ in }.status == .forbidden)
            reader.scopes = "system/Subscription.rus"
            #expect(try await Self.change(path, of: reader) { $0[["status"]] = "requested" }.status == .forbidden)
            let other = try await Self.change(path, of: hospital) { $0[["id"]] = "another" }
            #expect(other.status == .unprocessableContent)
        }
    }
}
