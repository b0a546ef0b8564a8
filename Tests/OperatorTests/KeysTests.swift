import Foundation
import ReferralsSettings
import ServiceKit
import TestKit
import Testing

@testable import Operator

/// `handrail keys`, the real executable.
@Suite("The key ring") struct KeysTests {
    private static func keys(_ arguments: String...) async throws -> BuiltExecutable.Result {
        try await BuiltExecutable("handrail").run(["keys"] + arguments)
    }

    private static func ring(_ folder: URL) throws -> KeyRingFile {
        try KeyRingFile(json: Array(try Data(contentsOf: folder.appending(path: "key-ring.json"))))
    }

    @Test("a key more is current, and all that were there stay as they were")
    func add() async throws {
        try await withTemporaryFolder { folder in
            #expect(try await Self.keys("make", folder.path).code == 0)
            let before = try Self.ring(folder)
            #expect(try await Self.keys("add", folder.path).code == 0)
            #expect(try await Self.keys("add", folder.path, "--id", "after-the-audit").code == 0)
            let after = try Self.ring(folder)
            #expect(after.current == "after-the-audit")
            #expect(Array(after.keys.prefix(1)) == before.keys)
            #expect(after.keys.map(\.id) == [before.current, "\(before.current)-2", "after-the-audit"])
            #expect(Set(after.keys.map(\.bytes)).count == 3)
        }
    }

    @Test("a key in stand-by only opens, until it is made current")
    func standBy() async throws {
        try await withTemporaryFolder { folder in
            _ = try await Self.keys("make", folder.path)
            let before = try Self.ring(folder)
            #expect(try await Self.keys("add", folder.path, "--id", "next", "--stand-by").code == 0)
            #expect(try Self.ring(folder).current == before.current)
            #expect(try await Self.keys("use", folder.path, "next").code == 0)
            let after = try Self.ring(folder)
            #expect(after.current == "next")
            #expect(after.keys.count == 2)
        }
    }

    @Test(
        "what cannot be done leaves the ring as it was, and no draft behind",
        arguments: [
            ["add", "--id", "same"], ["add", "--id", ""], ["add", "--id", String(repeating: "x", count: 65)],
            ["use", "unknown"],
        ])
    func refused(_ arguments: [String]) async throws {
        try await withTemporaryFolder { folder in
            _ = try await Self.keys("make", folder.path)
            _ = try await Self.keys("add", folder.path, "--id", "same")
            let before = try Data(contentsOf: folder.appending(path: "key-ring.json"))
            let result = try await BuiltExecutable("handrail").run(
                ["keys", arguments[0], folder.path] + arguments.dropFirst())
            #expect(result.code != 0)
            #expect(try Data(contentsOf: folder.appending(path: "key-ring.json")) == before)
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(!names.contains { $0.hasSuffix(".new") })
        }
    }

    @Test("owner and permissions stay, and a second one who writes at the same time is refused")
    func file() async throws {
        try await withTemporaryFolder { folder in
            let url = folder.appending(path: "key-ring.json")
            _ = try await Self.keys("make", folder.path)
            let path = url.path
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
            _ = try await Self.keys("add", folder.path)
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.posixPermissions] as? Int == 0o640)
            let draft = folder.appending(path: ".key-ring.json.new")
            try Data().write(to: draft)
            let before = try Data(contentsOf: url)
            let refused = try await Self.keys("add", folder.path)
            #expect(refused.code != 0)
            #expect(refused.output.contains(".key-ring.json.new"))
            #expect(try Data(contentsOf: url) == before)
        }
    }

    @Test("another key signs the audit trail from then on, and the public keys of before stay")
    func renewAudit() async throws {
        try await withTemporaryFolder { folder in
            func content(_ name: String) throws -> String {
                try String(contentsOf: folder.appending(path: name), encoding: .utf8)
            }
            #expect(try await Self.keys("make", folder.path).output.contains("made audit-public.pem"))
            let (key, publicKeys) = (try content("audit-signing.pem"), try content("audit-public.pem"))
            let first = try AuditKey(pem: Array(key.utf8))
            #expect(publicKeys == first.publicKey.pem + "\n")
            let renewed = try await Self.keys("renew-audit", folder.path)
            let second = try AuditKey(pem: Array(try content("audit-signing.pem").utf8))
            #expect(renewed.code == 0 && renewed.output.contains(second.publicKey.id))
            #expect(second.publicKey.id != first.publicKey.id)
            #expect(try content("audit-public.pem") == publicKeys + second.publicKey.pem + "\n")
            // What is there is neither made nor published twice.
            #expect(try await Self.keys("make", folder.path).output == "nothing was missing\n")
            #expect(try content("audit-public.pem") == publicKeys + second.publicKey.pem + "\n")
        }
    }
}
