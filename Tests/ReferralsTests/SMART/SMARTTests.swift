import FHIR
import Models
import Testing

@testable import Referrals

@Suite("Scopes")
struct SMARTScopeTests {
    @Test(
        "scopes are read in both versions",
        arguments: [
            ("system/Task.rus", "system/Task.rus"), ("system/Task.read", "system/Task.rs"),
            ("system/*.cruds", "system/*.cruds"), ("system/Task.write", "system/Task.cud"),
            ("system/Task.*", "system/Task.cruds"), ("system/Task.ur", nil), ("system/Task.", nil),
            ("system/Task.rr", nil), ("patient/Task.r", nil), ("user/Task.rs", nil), ("system/task.r", nil),
            ("system/Task.rs?status=draft", nil), ("system/.r", nil), ("system/Task", nil), ("openid", nil),
        ] as [(String, String?)]
    )
    func reading(_ text: String, _ canonical: String?) {
        #expect(SMARTScope(text)?.description == canonical)
    }

    @Test(
        "never more than is registered is granted",
        arguments: [
            ("system/Task.cruds", ["system/Task.rus"], ["system/Task.rus"]),
            ("system/*.rs", ["system/Task.rus", "system/ServiceRequest.c"], ["system/Task.rs"]),
            (
                "system/ServiceRequest.c system/Task.rs system/Patient.r", ["system/*.cr"],
                ["system/ServiceRequest.c", "system/Task.r", "system/Patient.r"]
            ),
            ("system/Task.rs system/Task.rs", ["system/Task.rs"], ["system/Task.rs"]),
            (
                "referrals.write system/Task.r", ["referrals.write", "system/Task.r"],
                ["referrals.write", "system/Task.r"]
            ),
        ]
    )
    func granting(_ asked: String, _ registered: [String], _ granted: [String]) throws {
        #expect(try SMARTScope.granted(asked: asked, registered: registered) == granted)
    }

    @Test("nothing left is invalid_scope", arguments: ["system/Patient.r", "other", "system/Task.d", " "])
    func nothing(_ asked: String) {
        let refusal = #expect(throws: TokenRefusal.self) {
            try SMARTScope.granted(asked: asked, registered: ["system/Task.rus"])
        }
        #expect(refusal?.code == .invalidScope)
    }
}

@Suite("Fetching key sets")
struct KeySetFetchTests {
    @Test(
        "inward addresses are known",
        arguments: [
            "127.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "0.0.0.0",
            "100.64.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fc00::1",
            "fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::",
            "2001:db8::1",
            "localhost", "", "1.2.3",
        ]
    )
    func inward(_ address: String) {
        #expect(InwardAddress.contains(address))
    }

    @Test(
        "public addresses are let through",
        arguments: [
            "1.1.1.1", "93.184.216.34", "172.32.0.1", "172.15.0.1", "2606:4700::1111", "::ffff:1.1.1.1", "100.128.0.1",
        ]
    )
    func outward(_ address: String) {
        #expect(!InwardAddress.contains(address))
    }

    @Test(
        "only https to a name is fetched",
        arguments: [
            ("https://hospital.example/jwks.json", true), ("https://hospital.example:8443/k?x=1", true),
            ("http://hospital.example/jwks.json", false), ("https://localhost/jwks", false),
            ("https://10.0.0.1/", false),
            ("https://[::1]/", false), ("https://user@hospital.example/", false), ("https://hospital.example#x", false),
            ("https://hospital.example\\@10.0.0.1/", false), ("file:///etc/passwd", false), ("https://", false),
            ("https://2130706433/", false), ("https://hospital.example:99999/", false), ("https://a b.example/", false),
        ]
    )
    func urls(_ url: String, _ isTaken: Bool) {
        #expect((KeySetFetch.Target(url, allowsLocal: false) != nil) == isTaken)
    }

    @Test(
        "a name that leads inward is not asked, whichever of its addresses does",
        arguments: [["10.0.0.1"], ["1.1.1.1", "::1"]])
    func resolved(_ addresses: [String]) async {
        let fetch = KeySetFetch(resolver: HostResolver { _ in addresses })
        await #expect(throws: KeySetFetch.Failure.inwardAddress) { try await fetch("https://hospital.example/jwks") }
    }

    @Test("a name without an address is not asked")
    func unknown() async {
        let fetch = KeySetFetch(resolver: HostResolver { _ in [] })
        await #expect(throws: KeySetFetch.Failure.hostUnknown) { try await fetch("https://hospital.example/jwks") }
    }

    @Test(
        "Cache-Control says how long",
        arguments: [
            (nil, 60), ("max-age=300", 300), ("public, max-age=10", 10), ("no-store", 0), ("no-cache, max-age=99", 0),
            ("max-age=999999", 3600), ("max-age=x", 0), ("private", 60), ("MAX-AGE = 5", 5),
        ] as [(String?, Int)]
    )
    func cacheControl(_ header: String?, _ seconds: Int) {
        #expect(CacheControl.lifetime(header) == .seconds(seconds))
    }
}
