import Foundation
import Glibc
import Hummingbird
import HummingbirdTesting
import Models
import NIOCore
import TestKit
import Testing

@testable import ServiceKit

private var routes: Routes {
    var routes = Routes()
    routes.add(Route(.post, "/v1/notes", "createNote", "", access: .anyone, discloses: [])) { _, context in
        Response(status: .ok, body: .init(byteBuffer: ByteBuffer(string: "read \(context.body.readableBytes)")))
    }
    routes.add(Route(.get, "/v1/large", "large", "", access: .open, discloses: [])) { _, _ in
        Response(status: .ok, body: .init(byteBuffer: ByteBuffer(repeating: 0x61, count: 64 << 20)))
    }
    return routes
}

/// The API on a real port, with little patience: enough for an honest client on a machine that is busy with other tests.
private func withListener(
    room: ConnectionRoom = ConnectionRoom(most: 4096), idle: TimeAmount = .seconds(4),
    exchange: TimeAmount = .seconds(4),
    _ body: @escaping @Sendable (_ port: Int) async throws -> Void
) async throws {
    let gate = Gate(
        authenticator: .names, agencies: .everyAgency, rules: .inForce,
        fingerprint: BodyFingerprint(key: Array(repeating: 7, count: 32)), denials: DenialTrail { _ in })
    let definition = ServiceDefinition(routes: routes, openAPI: Array("{}".utf8))
    let api = API(service: "peer-matching", definition, gate: gate, logger: .silent)
    var listeners = Listeners(tls: .none, logger: .silent)
    listeners.limits = .init(idle: idle, exchange: exchange) { room }
    let application = try listeners.application(api.responder, on: ListenAddress(host: "127.0.0.1", port: 0))
    try await application.test(.live) { (client) async throws -> Void in try await body(try #require(client.port)) }
}

private struct NeverHappened: Error {}

/// Waits until it holds.
private func until(_ condition: @Sendable () -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while !condition() {
        guard ContinuousClock.now < deadline else { throw NeverHappened() }
        try await Task.sleep(for: .milliseconds(20))
    }
}

@Suite("Clients that only hold a connection", .serialized) struct SlowClientTests {
    private static let head =
        "POST /v1/notes HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer coordinator\r\n"
        + "Content-Type: application/json\r\nContent-Length: 100000\r\n"

    @Test(
        "who sends a request byte by byte is cut off, and others are served meanwhile",
        arguments: ["POST /v1/notes HTTP/1.1\r\nX-Slow: ", head + "\r\n", ""])
    func trickled(_ start: String) async throws {
        try await withListener { port in
            async let ending = Client.trickle(port, start)
            let other = try await Client.ask(port)
            #expect(other.hasPrefix("HTTP/1.1 200 "))
            #expect(try await ending)
            #expect(try await Client.ask(port).hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test("who does not read the answer is cut off")
    func unread() async throws {
        let room = ConnectionRoom(most: 16)
        try await withListener(room: room, idle: .seconds(60)) { port in
            let socket = try Client.asking(port, "GET /v1/large HTTP/1.1\r\nHost: localhost\r\n\r\n")
            defer { close(socket) }
            // The other one is the harness's own.
            try await until { room.count == 2 }
            try await until { room.count == 1 }
        }
    }

    @Test("connections that are only held make room for those that ask")
    func held() async throws {
        let room = ConnectionRoom(most: 16)
        try await withListener(room: room, idle: .seconds(60)) { port in
            let held = try (0..<16).map { _ in try Client.connected(port, patience: 60) }
            for _ in 0..<8 { #expect(try await Client.ask(port).hasPrefix("HTTP/1.1 200 ")) }
            // Who asked took the place of one that was held, and left it to others.
            try await until { room.count < 16 }
            #expect((1...8).contains(held.filter(Client.isClosed).count))
            for socket in held { close(socket) }
        }
    }
}

/// Blocking sockets, on threads of their own.
private enum Client {
    struct Failure: Error {}

    /// Sends one byte more whenever nothing has come for a while; returns whether the connection was ended.
    static func trickle(_ port: Int, _ start: String) async throws -> Bool {
        try await blocking {
            let socket = try connected(port, patience: 0.05)
            defer { close(socket) }
            guard sent(start, socket) else { return false }
            let deadline = ContinuousClock.now + .seconds(60)
            while ContinuousClock.now < deadline {
                var buffer = [UInt8](repeating: 0, count: 4096)
                let count = recv(socket, &buffer, buffer.count, 0)
                if count == 0 || (count < 0 && errno != EAGAIN) { return true }
                // Nothing at all is the slowest request there is.
                if count < 0, !start.isEmpty, !sent("a", socket) { return true }
            }
            return false
        }
    }

    /// A whole request on a connection of its own.
    static func ask(_ port: Int) async throws -> String {
        try await blocking {
            let socket = try connected(port, patience: 60)
            defer { close(socket) }
            let request =
                "POST /v1/notes HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer coordinator\r\n"
                + "Content-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
            guard sent(request, socket) else { throw Failure() }
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = recv(socket, &buffer, buffer.count, 0)
            return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        }
    }

    /// Asks, and does not read what comes.
    static func asking(_ port: Int, _ request: String) throws -> Int32 {
        let socket = try connected(port, patience: 60)
        guard sent(request, socket) else { throw Failure() }
        return socket
    }

    static func isClosed(_ socket: Int32) -> Bool {
        var byte: UInt8 = 0
        let count = recv(socket, &byte, 1, Int32(MSG_DONTWAIT))
        return count == 0 || (count < 0 && errno == ECONNRESET)
    }

    static func connected(_ port: Int, patience: Double) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var limit = timeval(tv_sec: Int(patience), tv_usec: Int(patience * 1_000_000) % 1_000_000)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure() }
        return descriptor
    }

    private static func sent(_ text: String, _ socket: Int32) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.isEmpty || send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    private static func blocking<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
        }
    }
}
