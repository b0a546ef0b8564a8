import FoundationEssentials
import JSON
import Testing

@testable import ServiceKit

/// Test vectors that others published: Project Wycheproof and the cookbook of RFC 7520, beside the project's folder.
private enum Vectors {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/data/jose")

    static var areThere: Bool { FileManager.default.fileExists(atPath: folder.path) }

    static func read(_ path: String) throws -> JSONValue {
        let limits = JSONLimits(bytes: 1 << 24, depth: 64, values: 1_000_000)
        return try JSONValue.parse(Array(try Data(contentsOf: folder.appending(path: path))), limits: limits)
    }
}

@Suite("Published signatures", .enabled(if: Vectors.areThere, "the vectors are beside the project's folder"))
struct JOSEVectorTests {
    /// Valid by the vectors, refused here: the key or the algorithm is not accepted.
    private static let refusedAlgorithms: Set<String> = ["HS256", "HS384", "HS512", "PS256", "PS384", "PS512"]

    @Test("of Wycheproof every invalid signature is refused, and every valid one of our algorithms holds")
    func wycheproof() async throws {
        var (held, refused) = (0, 0)
        for group in try Vectors.read("wycheproof/json_web_signature.json")["testGroups"]?.items ?? [] {
            let key = await VerificationKey(group["public"] ?? group["private"] ?? .null)
            for test in group["tests"]?.items ?? [] {
                let token = test["jws"]?.string.flatMap { try? CompactToken($0.utf8) }
                let holds = token.map { key?.verifies($0) ?? false } ?? false
                let comment = "\(group["comment"]?.string ?? "") \(test["tcId"].map { "\($0)" } ?? "")"
                if test["result"]?.string == "valid", let token,
                    !Self.refusedAlgorithms.contains(token.algorithm ?? "")
                {
                    #expect(holds, "\(comment)")
                    held += 1
                } else {
                    #expect(!holds, "\(comment)")
                    refused += 1
                }
            }
        }
        #expect(held > 5)
        #expect(refused > 300)
    }

    @Test("the SMART example's RS384 assertion holds under its published key, and not when it is changed")
    func smart() async throws {
        let keys = try Vectors.read("smart/RS384.public.jwks.json")["keys"]?.items ?? []
        let example = try Vectors.read("smart/RS384.client_assertion.json")
        let text = try #require(Self.firstToken(in: example))
        let token = try CompactToken(text.utf8)
        var held = 0
        for key in keys {
            guard let key = await VerificationKey(key), key.verifies(token) else { continue }
            held += 1
        }
        #expect(held == 1)
    }

    @Test("the cookbook's signatures hold where their algorithm is ours, and are refused elsewhere")
    func cookbook() async throws {
        for (file, isOurs) in [("4_1.rsa_v15_signature", true), ("4_3.ecdsa_signature", false)] {
            let example = try Vectors.read("cookbook/jws/\(file).json")
            let key = await VerificationKey(example["input"]?["key"] ?? .null)
            let text = try #require(example["output"]?["compact"]?.string)
            let token = try CompactToken(text.utf8)
            #expect((key?.verifies(token) ?? false) == isOurs, "\(file)")
        }
    }

    private static func firstToken(in value: JSONValue) -> String? {
        if let text = value.string, text.split(separator: ".").count == 3, text.hasPrefix("ey") { return text }
        return ((value.object?.members.map(\.value) ?? []) + value.items).lazy.compactMap(firstToken).first
    }
}
