import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import NIOCore
import ReferralsSettings
import Testing

@testable import Referrals

@Suite("CDS Hooks from pages in browsers") struct HookOriginTests {
    private static let page = "https://ehr.example"
    private static let strangers = [
        "https://evil.example", "http://ehr.example", "https://ehr.example.evil.example", "https://ehr.example:8443",
        "null",
    ]

    private static func ask(
        _ ehr: EHR, _ method: HTTPRequest.Method, _ path: String, from origin: String?, _ body: JSONValue? = nil,
        token: String? = nil
    ) async throws -> TestResponse {
        var headers: HTTPFields = [:]
        headers[.origin] = origin
        if method == .options { headers[.accessControlRequestMethod] = "POST" }
        if body != nil { headers[.contentType] = "application/json" }
        headers[.authorization] = token.map { "Bearer \($0)" }
        return try await ehr.server.client.execute(
            uri: path, method: method, headers: headers, body: ByteBuffer(bytes: body?.serialized() ?? []))
    }

    @Test("a browser is told that a page of a named origin may call, with what, and of no other")
    func preflight() async throws {
        try await EHR.with { ehr in
            for (path, method) in [
                ("/cds-services", "GET"), (EHR.view, "POST"), (EHR.discharge + "/feedback", "POST"),
            ] {
                let answer = try await Self.ask(ehr, .options, path, from: Self.page)
                #expect(answer.status == .noContent && answer.headers[.vary] == "Origin")
                #expect(answer.headers[.accessControlAllowOrigin] == Self.page)
                #expect(answer.headers[.accessControlAllowMethods] == method)
                #expect(answer.headers[.accessControlAllowHeaders] == "authorization, content-type")
                #expect(answer.headers[.accessControlAllowCredentials] == nil)
                for origin in Self.strangers + [nil] {
                    let other = try await Self.ask(ehr, .options, path, from: origin)
                    #expect(other.status == .noContent && other.headers[.vary] == "Origin")
                    #expect(other.headers.allSatisfy { !$0.name.canonicalName.hasPrefix("access-control") })
                }
            }
        }
    }

    @Test("the page reads cards and refusals alike; another page reads nothing, whatever it has")
    func calls() async throws {
        try await EHR.with { ehr in
            func all(from origin: String?) async throws -> [(Int, String?)] {
                let (view, request) = (EHR.view, EHR.request())
                let without = EHR.request { $0[["prefetch"]] = nil }
                return try await [
                    Self.ask(ehr, .get, "/cds-services", from: origin),
                    Self.ask(ehr, .post, view, from: origin, request, token: ehr.token(view)),
                    Self.ask(ehr, .post, view, from: origin, without, token: ehr.token(view)),
                    Self.ask(ehr, .post, view, from: origin, request),
                    Self.ask(ehr, .post, "/cds-services/nothing", from: origin, request),
                    Self.ask(ehr, .get, view, from: origin),
                ].map { ($0.status.code, $0.headers[.accessControlAllowOrigin]) }
            }
            let answers = try await all(from: Self.page)
            #expect(answers.map(\.0) == [200, 200, 412, 401, 404, 405])
            #expect(answers.allSatisfy { $0.1 == Self.page })
            for origin in Self.strangers + [nil] {
                let others = try await all(from: origin)
                #expect(others.map(\.0) == answers.map(\.0) && others.allSatisfy { $0.1 == nil })
            }
        }
    }

    @Test("where no origin is named, no page is let in, and nothing is said of origins")
    func none() {
        let request = Request(
            head: .init(
                method: .options, scheme: "https", authority: "x", path: "/cds-services",
                headerFields: [.origin: Self.page]),
            body: .init(buffer: ByteBuffer()))
        let headers = WebOrigins().preflight(request, for: .get).headers
        #expect(headers[.vary] == nil && headers[.accessControlAllowOrigin] == nil)
    }

    @Test("origins are named as browsers write them: https, without a path, a usual port or a star")
    func origins() {
        let two = WebOrigins("https://ehr.example, https://a-1.example:8443", allowsPlain: false)
        #expect(two?.all == ["https://ehr.example", "https://a-1.example:8443"])
        #expect(WebOrigins("http://localhost:3000", allowsPlain: true) != nil)
        for wrong in [
            "", "*", "https://*", "https://*.example", "null", "ehr.example", "https://", "https://ehr.example/",
            "https://ehr.example/app", "https://EHR.example", "https://ehr.example:443", "https://ehr.example:0",
            "https://ehr.example:+1", "https://ehr.example:x", "https://ehr.example:1:2", "http://ehr.example",
            "https://ehr.example,", "https://u@ehr.example", "https://ehr.example?x", "ftp://ehr.example",
        ] {
            #expect(WebOrigins(wrong, allowsPlain: false) == nil, "\(wrong)")
        }
        #expect(WebOrigins("http://localhost:80", allowsPlain: true) == nil)
    }
}
