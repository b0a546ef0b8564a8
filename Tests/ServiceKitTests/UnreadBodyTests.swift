import Foundation
import Glibc
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Models
import NIOCore
import NIOHTTPTypes
import TestKit
import Testing

@testable import ServiceKit

private var routes: Routes {
    var routes = Routes()
    routes.add(Route(.post, "/v1/notes", "createNote", "", access: .anyone, discloses: [], bodyLimit: 1 << 20)) {
        _, context in
        Response(status: .ok, body: .init(byteBuffer: ByteBuffer(string: "read \(context.body.readableBytes)")))
    }
    return routes
}

/// The API on a real port, with the listeners that a process has.
private func withListener(_ body: @escaping @Sendable (_ port: Int) async throws -> Void) async throws {
    let gate = Gate(
        authenticator: .names, agencies: .everyAgency, rules: .inForce,
        fingerprint: BodyFingerprint(key: Array(repeating: 7, count: 32)),
        denials: DenialTrail { _ in })
    let definition = ServiceDefinition(routes: routes, openAPI: Array("{}".utf8))
    let api = API(service: "peer-matching", definition, gate: gate, logger: .silent)
    let application = try Listeners(tls: .none, logger: .silent)
        .application(api.responder, on: ListenAddress(host: "127.0.0.1", port: 0))
    try await application.test(.live) { (client) async throws -> Void in try await body(try #require(client.port)) }
}

@Suite("A body that nobody reads") struct UnreadBodyTests {
    private static let size = 11 << 20

    private static func head(_ fields: String..., token: String? = "coordinator") -> String {
        let authorization = token.map { ["Authorization: Bearer \($0)"] } ?? []
        let lines = ["POST /v1/notes HTTP/1.1", "Host: localhost", "Content-Type: application/json"]
        return (lines + authorization + fields + ["", ""]).joined(separator: "\r\n")
    }

    @Test(
        "who sends far too much before reading gets the refusal, and the connection is closed",
        arguments: [
            head("Content-Length: \(size)", "Connection: close"), head("Content-Length: \(size)"),
            head("Transfer-Encoding: chunked", "Connection: close"), head("Transfer-Encoding: chunked"),
        ]
    )
    func tooLarge(_ head: String) async throws {
        try await withListener { port in
            let answer = try await Wire.exchange(
                port, [head] + Wire.body(Self.size, isChunked: head.contains("chunked")))
            #expect(answer.text.hasPrefix("HTTP/1.1 413 "))
            #expect(answer.text.lowercased().contains("\r\nconnection: close\r\n"))
            #expect(answer.ending == .closed)
        }
    }

    @Test("every other refusal also reaches a client that closes after one request")
    func noToken() async throws {
        try await withListener { port in
            let head = Self.head("Content-Length: \(Self.size)", "Connection: close", token: nil)
            let answer = try await Wire.exchange(port, [head] + Wire.body(Self.size, isChunked: false))
            #expect(answer.text.hasPrefix("HTTP/1.1 401 "))
            #expect(answer.ending == .closed)
        }
    }

    @Test("a connection that was refused over a body of a usual size takes the next request")
    func keptAlive() async throws {
        try await withListener { port in
            let size = 1 << 19
            let refused = [Self.head("Content-Length: \(size)", token: nil)] + Wire.body(size, isChunked: false)
            let taken = [Self.head("Content-Length: 2", "Connection: close"), "{}"]
            let answer = try await Wire.exchange(port, refused + taken)
            #expect(answer.text.hasPrefix("HTTP/1.1 401 "))
            #expect(answer.text.contains("HTTP/1.1 200 "))
            #expect(answer.text.hasSuffix("read 2"))
        }
    }

    @Test("a body without an end is not read for ever", arguments: ["coordinator", nil])
    func endless(_ token: String?) async throws {
        try await withListener { port in
            let answer = try await Wire.exchange(
                port,
                [Self.head("Transfer-Encoding: chunked", token: token)]
                    + Wire.body(2 * UnreadBody.most, isChunked: true))
            #expect(answer.ending == .reset)
        }
    }
}

@Suite("What becomes of a body") struct UnreadBodyStateTests {
    private let head = HTTPRequestPart.head(HTTPRequest(method: .post, scheme: nil, authority: nil, path: "/"))
    private let piece = HTTPRequestPart.body(ByteBuffer(repeating: 0, count: 1 << 20))
    private let end = HTTPRequestPart.end(nil)
    private let last = HTTPResponse(status: .contentTooLarge, headerFields: [.connection: "close"])

    @Test("answers to requests that were sent one behind the other do not drop the later ones' bodies")
    func pipelined() {
        var body = UnreadBody()
        let parts = [head, end, head, piece].map { body.received($0) }
        body.answering(HTTPResponse(status: .ok))
        let (action, next) = (body.answered(), body.received(piece))
        #expect(parts == [.pass, .pass, .pass, .pass])
        #expect(action == .goOn)
        #expect(next == .pass)
    }

    @Test("what follows an answer that closes is neither read nor answered")
    func afterTheLast() {
        var body = UnreadBody()
        let before = [head, piece, end].map { body.received($0) }
        body.answering(last)
        let after = [head, piece, end].map { body.received($0) }
        let action = body.answered()
        #expect(before == [.pass, .pass, .pass])
        #expect(after == [.drop, .drop, .drop])
        #expect(action == .close)
    }

    @Test("the bound counts anew for each answer")
    func bounded() {
        var body = UnreadBody()
        for _ in 1...2 {
            let start = body.received(head)
            body.answering(HTTPResponse(status: .unauthorized))
            let action = body.answered()
            let dropped = (1...32).map { _ in body.received(piece) }
            #expect(start == .pass)
            #expect(action == .drain)
            #expect(dropped.allSatisfy { $0 == .drop })
            let rest = body.received(end)
            #expect(rest == .pass)
        }
        _ = body.received(head)
        _ = body.answered()
        let actions = (1...33).map { _ in body.received(piece) }
        #expect(actions.last == .cut)
    }
}

/// A client like the simplest there are: sends all that it has before it reads. No wait lasts longer than ten seconds.
private enum Wire {
    enum Ending: Equatable { case closed, reset, timedOut }

    struct Answer {
        var text: String
        var ending: Ending
    }

    struct Failure: Error {}

    static func body(_ size: Int, isChunked: Bool) -> [String] {
        let piece = String(repeating: "a", count: 1 << 16)
        let pieces = Array(repeating: isChunked ? "10000\r\n\(piece)\r\n" : piece, count: size >> 16)
        return pieces + (isChunked ? ["0\r\n\r\n"] : [])
    }

    /// Blocking calls, so on a thread of its own: a queue's threads are those that tasks run on.
    static func exchange(_ port: Int, _ pieces: [String]) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try blocking(port, pieces) }) }
        }
    }

    private static func blocking(_ port: Int, _ pieces: [String]) throws -> Answer {
        let socket = try connected(port)
        defer { close(socket) }
        for piece in pieces {
            var rest = Array(piece.utf8)[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                guard count > 0 else { return Answer(text: "", ending: ending()) }
                rest = rest.dropFirst(count)
            }
        }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else {
                return Answer(text: String(decoding: text, as: UTF8.self), ending: count == 0 ? .closed : ending())
            }
            text += buffer.prefix(count)
        }
    }

    private static func ending() -> Ending { errno == EAGAIN || errno == EWOULDBLOCK ? .timedOut : .reset }

    private static func connected(_ port: Int) throws -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo("localhost", "\(port)", &hints, &found) == 0 else { throw Failure() }
        defer { freeaddrinfo(found) }
        var next = found
        while let address = next?.pointee {
            let socket = socket(address.ai_family, address.ai_socktype, address.ai_protocol)
            var limit = timeval(tv_sec: 10, tv_usec: 0)
            for option in [SO_SNDTIMEO, SO_RCVTIMEO] {
                setsockopt(socket, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
            }
            if connect(socket, address.ai_addr, address.ai_addrlen) == 0 { return socket }
            close(socket)
            next = address.ai_next
        }
        throw Failure()
    }
}
