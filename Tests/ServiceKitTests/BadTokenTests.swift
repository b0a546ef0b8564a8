import Crypto
import FoundationEssentials
import Hummingbird
import HummingbirdTesting
import JSON
import Models
import NIOConcurrencyHelpers
import TestKit
import Testing

@testable import ServiceKit

/// One token that must open nothing, made by somebody who knows everything but the issuer's private key, or by the issuer
/// for something else.
struct BadToken: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let make: @Sendable (TestIssuer) throws -> String

    init(_ description: String, _ make: @escaping @Sendable (TestIssuer) throws -> String) {
        testDescription = description
        self.make = make
    }

    /// Signed by the issuer's own key over any bytes.
    static func raw(_ header: String, _ payload: String, by issuer: TestIssuer) throws -> String {
        let input = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(payload.utf8))
        let signature = try issuer.key.withLockedValue { $0 }.signature(for: Array(input.utf8)).rawRepresentation
        return input + "." + Base64URL.encode(signature)
    }

    static let header = #"{"alg":"ES384","kid":"one","typ":"JWT"}"#

    static func payload(_ issuer: TestIssuer, _ more: String = "") -> String {
        let claims = String(decoding: JSONValue.object(issuer.claims()).serialized(), as: UTF8.self)
        return more.isEmpty ? claims : claims.dropLast() + "," + more + "}"
    }

    private static func claims(_ description: String, _ change: @escaping @Sendable (inout JSONObject) -> Void)
        -> BadToken
    {
        BadToken(description) { try $0.token($0.claims(change)) }
    }

    private static func header(_ description: String, _ header: String) -> BadToken {
        BadToken(description) { try raw(header, payload($0), by: $0) }
    }

    static let all: [BadToken] = unsigned + hmac + confused + headers + contents + texts

    /// `alg` says that nothing was signed, with nothing as signature, and with that of a good token.
    static let unsigned: [BadToken] =
        ["none", "None", "NONE", "nOnE", "none ", ""].flatMap { name in
            ["", "signed"].map { kind in
                BadToken("alg \(name), \(kind.isEmpty ? "without a signature" : "with a good one")") { issuer in
                    let good = try issuer.token(issuer.claims())
                    let text = Base64URL.encode(Array(#"{"alg":"\#(name)","kid":"one"}"#.utf8))
                    let parts = good.split(separator: ".").map(String.init)
                    return [text, parts[1], kind.isEmpty ? "" : parts[2]].joined(separator: ".")
                }
            }
        } + [header("no alg", #"{"kid":"one"}"#), header("null as alg", #"{"alg":null,"kid":"one"}"#)]

    /// The public key, in each form in which it can be had, as if it were a shared secret.
    static let hmac: [BadToken] = ["PEM", "DER", "raw", "JWK"].flatMap { form in
        ["HS256", "HS384", "HS512"].map { name in
            BadToken("\(name) with the public key as secret, as \(form)") { issuer in
                let key = issuer.key.withLockedValue { $0 }.publicKey
                let secret: [UInt8] =
                    switch form {
                    case "PEM": Array(key.pemRepresentation.utf8)
                    case "DER": Array(key.derRepresentation)
                    case "raw": Array(key.rawRepresentation)
                    default: JSONValue.object(key.webKey).serialized()
                    }
                return CompactToken.signed(
                    header: ["alg": .string(name), "kid": "one", "typ": "JWT"], claims: issuer.claims()
                ) { input in
                    let shared = SymmetricKey(data: secret)
                    return switch name {
                    case "HS256": Array(HMAC<SHA256>.authenticationCode(for: input, using: shared))
                    case "HS384": Array(HMAC<SHA384>.authenticationCode(for: input, using: shared))
                    default: Array(HMAC<SHA512>.authenticationCode(for: input, using: shared))
                    }
                }
            }
        }
    }

    /// A key of one kind under the name of another.
    static let confused: [BadToken] = [
        header("the id of an RSA key with an algorithm of curves", #"{"alg":"ES384","kid":"rsa","typ":"JWT"}"#),
        header("the id of a curve's key with an algorithm of RSA", #"{"alg":"RS384","kid":"one","typ":"JWT"}"#),
        header("another curve's algorithm", #"{"alg":"ES256","kid":"one","typ":"JWT"}"#),
        header("another algorithm of RSA", #"{"alg":"PS384","kid":"rsa","typ":"JWT"}"#),
        header("a key that is for encryption", #"{"alg":"ES384","kid":"enc","typ":"JWT"}"#),
        header("no key's id where there are several", #"{"alg":"ES384","typ":"JWT"}"#),
        header("an algorithm in other letters", #"{"alg":"es384","kid":"one","typ":"JWT"}"#),
        BadToken("a signature in DER") { issuer in
            let good = try issuer.token(issuer.claims()).split(separator: ".").map(String.init)
            let input = good[0] + "." + good[1]
            let signature = try issuer.key.withLockedValue { $0 }.signature(for: Array(input.utf8))
            return input + "." + Base64URL.encode(signature.derRepresentation)
        },
        BadToken("a signature of zeros") { issuer in
            let good = try issuer.token(issuer.claims()).split(separator: ".").map(String.init)
            return good[0] + "." + good[1] + "." + Base64URL.encode([UInt8](repeating: 0, count: 96))
        },
    ]

    /// A key of the forger's own that the header brings along, or says where to fetch.
    static let headers: [BadToken] =
        ["jwk", "jku", "x5c", "x5u"].map { name in
            BadToken("a forger's own key in \(name)") { issuer in
                let own = P384.Signing.PrivateKey()
                var header: JSONObject = ["alg": "ES384", "kid": "one", "typ": "JWT"]
                header[name] =
                    switch name {
                    case "jwk": own.publicKey.webKey(id: "one")
                    case "x5c": [.string(Data(own.publicKey.derRepresentation).base64EncodedString())]
                    default: "https://forger.test/keys"
                    }
                return try CompactToken.signed(header: header, claims: issuer.claims()) { input in
                    Array(try own.signature(for: input).rawRepresentation)
                }
            }
        } + [
            header("crit with something unknown", #"{"alg":"ES384","kid":"one","crit":["x"],"x":1}"#),
            header("crit with nothing", #"{"alg":"ES384","kid":"one","crit":[]}"#),
            header("crit with a name that is known", #"{"alg":"ES384","kid":"one","crit":["exp"]}"#),
            header("b64 false", #"{"alg":"ES384","kid":"one","b64":false,"crit":["b64"]}"#),
            header("b64 without crit", #"{"alg":"ES384","kid":"one","b64":false}"#),
            header("alg twice", #"{"alg":"none","alg":"ES384","kid":"one","typ":"JWT"}"#),
            header("kid twice", #"{"alg":"ES384","kid":"x","kid":"one","typ":"JWT"}"#),
            header("a kid that is a number", #"{"alg":"ES384","kid":1,"typ":"JWT"}"#),
            header("an identity token", #"{"alg":"ES384","kid":"one","typ":"id+jwt"}"#),
            header("a logout token", #"{"alg":"ES384","kid":"one","typ":"logout+jwt"}"#),
            header("a header that is no object", #"["ES384"]"#),
        ]

    /// Good signatures over what must not be believed.
    static let contents: [BadToken] = [
        claims("another issuer") { $0["iss"] = "https://other.test" },
        claims("the issuer with a slash more") { $0["iss"] = "https://id.test/" },
        claims("no issuer") { $0["iss"] = nil },
        claims("another service's audience") { $0["aud"] = "scheduling" },
        claims("an audience that only begins like ours") { $0["aud"] = "handrail.test" },
        claims("no audience") { $0["aud"] = nil },
        claims("an audience that is a number") { $0["aud"] = 1 },
        claims("expired") { $0["exp"] = 999_970 },
        claims("no expiry") { $0["exp"] = nil },
        claims("an expiry in words") { $0["exp"] = "1000300" },
        claims("an expiry beyond numbers") { $0["exp"] = .number(JSONNumber(Int.max)) },
        claims("not yet") { $0["nbf"] = 1_000_031 },
        claims("issued in the future") { $0["iat"] = 1_000_031 },
        claims("a start in words") { $0["nbf"] = "now" },
        claims("no subject") { $0["sub"] = nil },
        claims("a subject beyond length") { $0["sub"] = .string(String(repeating: "a", count: 257)) },
        claims("bound to a key that is not understood") { $0["cnf"] = ["jkt": "x"] },
        claims("bound to what is no digest") { $0["cnf"] = ["x5t#S256": "x"] },
        claims("bound to nothing") { $0["cnf"] = [:] },
        claims("scopes as a list") { $0["scope"] = ["a"] },
        BadToken("the role twice") { try raw(header, payload($0, #""role":"supervisor""#), by: $0) },
        BadToken("the agency twice") {
            try raw(header, payload($0, #""agency_id":"\#(AgencyID.south)""#), by: $0)
        },
        BadToken("the role twice, once escaped") { try raw(header, payload($0, #""\u0072ole":"supervisor""#), by: $0) },
        BadToken("claims that are no object") { try raw(header, "[]", by: $0) },
        BadToken("claims with something behind them") { try raw(header, payload($0) + "{}", by: $0) },
        BadToken("claims that are nested beyond reason") {
            try raw(
                header,
                payload($0, #""x":"# + String(repeating: "[", count: 2000) + String(repeating: "]", count: 2000)),
                by: $0)
        },
        BadToken("claims that are no UTF-8") { issuer in
            let parts = try raw(header, payload(issuer), by: issuer).split(separator: ".").map(String.init)
            let input = parts[0] + "." + Base64URL.encode([0x7B, 0x22, 0xFF, 0x22, 0x7D])
            let signature = try issuer.key.withLockedValue { $0 }.signature(for: Array(input.utf8)).rawRepresentation
            return input + "." + Base64URL.encode(signature)
        },
    ]

    /// What a good token becomes when its text is not exactly what was signed.
    static let texts: [BadToken] = [
        text("padded") { $0 + "=" }, text("with a part more") { $0 + ".x" }, text("with a line end") { $0 + "\n" },
        text("without its signature") { String($0.prefix(upTo: $0.lastIndex(of: ".") ?? $0.endIndex)) },
        text("with the other alphabet") { $0.replacing("-", with: "+").replacing("_", with: "/") + "+" },
        text("as JSON") { #"{"payload":"\#($0)","signatures":[]}"# }, text("empty") { _ in "" },
        text("dots") { _ in ".." }, text("beyond length") { $0 + String(repeating: "A", count: 9000) },
    ]

    private static func text(_ what: String, _ change: @escaping @Sendable (String) -> String) -> BadToken {
        BadToken("a good token, \(what)") { change(try $0.token($0.claims())) }
    }
}

@Suite("Bad tokens") struct BadTokenTests {
    /// RFC 7515, appendix A.2: a public RSA key, beside the issuer's own.
    private static let rsa =
        "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNM"
        + "sD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xs"
        + "mtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXp"
        + "oQ"

    private static func verifier(_ issuer: TestIssuer) -> TokenVerifier {
        let own = issuer.key.withLockedValue { $0 }.publicKey
        var encrypting = own.webKey(id: "enc").object ?? [:]
        encrypting["use"] = "enc"
        let keys: JSONValue = [
            "keys": [
                own.webKey(id: "one"), .object(encrypting),
                ["kty": "RSA", "kid": "rsa", "use": "sig", "e": "AQAB", "n": .string(rsa)],
            ]
        ]
        return issuer.verifier(TokenIssuer(issuer: issuer.name, agency: .north)) { _ in keys.serialized() }
    }

    @Test("opens nothing", arguments: BadToken.all)
    func refused(_ bad: BadToken) async throws {
        let issuer = TestIssuer()
        let verifier = Self.verifier(issuer)
        #expect(await verifier.principal(of: try bad.make(issuer)) == nil)
        // The same issuer's good token does: it is the token that was bad.
        #expect(
            await verifier.principal(of: try issuer.token(issuer.claims()))
                == .init(
                    agencyID: .north, subject: "person-1", role: .coordinator))
    }

    @Test("all are answered with the same words, and each is recorded as no more than a bad token")
    func sameAnswer() async throws {
        let issuer = TestIssuer()
        let collected = Collected<DeniedRequest>()
        var routes = Routes()
        routes.add(Route(.get, "/v1/x", "readX", "X.", access: .anyone, discloses: [])) { _, _ in .noContent }
        let gate = Gate(
            authenticator: Self.verifier(issuer).authenticator, agencies: .everyAgency, rules: .inForce,
            fingerprint: BodyFingerprint(key: Array(repeating: 7, count: 32)),
            denials: DenialTrail { await collected.add($0) })
        let api = API(
            service: "peer-matching", ServiceDefinition(routes: routes, openAPI: []), gate: gate, logger: .silent)
        try await Application(responder: api.responder, logger: .silent).test(.router) {
            (client) async throws -> Void in
            var answers: Set<String> = []
            var sent = 0
            for bad in BadToken.all {
                let token = try bad.make(issuer)
                // What is no text of a header cannot be sent at all.
                guard !token.isEmpty, !token.contains("\n") else { continue }
                let answer = try await client.executeRequest(
                    uri: "/v1/x", method: .get,
                    headers: [.authorization: "Bearer \(token)", .requestID: "0123456789abcdef0123456789abcdef"],
                    body: nil)
                answers.insert("\(answer.status.code) \(answer.headers[.wwwAuthenticate] ?? "") \(answer.text)")
                sent += 1
            }
            #expect(answers.count == 1, "\(answers)")
            #expect(answers.first?.hasPrefix("401 Bearer") == true)
            let denials = await collected.all
            #expect(denials.count == sent)
            #expect(denials.allSatisfy { $0.denial.reason == .invalidToken && $0.principal == nil })
        }
    }

    @Test("thousands of bad tokens under guessed key ids make the issuer's keys be asked for twice at most")
    func bounded() async throws {
        let issuer = TestIssuer()
        let reads = NIOLockedValueBox(0)
        let verifier = issuer.verifier(TokenIssuer(issuer: issuer.name, agency: .north)) { _ in
            reads.withLockedValue { $0 += 1 }
            return issuer.keySet()
        }
        for number in 0..<2000 {
            let header = #"{"alg":"ES384","kid":"\#(number)"}"#
            let token =
                Base64URL.encode(Array(header.utf8)) + "."
                + Base64URL.encode(
                    JSONValue.object(issuer.claims()).serialized()) + ".AAAA"
            #expect(await verifier.principal(of: token) == nil)
        }
        #expect(reads.withLockedValue { $0 } <= 2)
    }
}
