import Crypto
import FoundationEssentials
import Models
import NIOConcurrencyHelpers
import ReferralsDomain
import ReferralsSettings
import Testing

@testable import Referrals

@Suite("The vault")
struct VaultTests {
    let agency = AgencyID.fixed(1)
    let other = AgencyID.fixed(2)
    let person = ParticipantID.fixed(3)
    let somebody = ParticipantID.fixed(4)

    @Test("what is sealed opens again, and never looks the same twice")
    func roundTrip() throws {
        let vault = Vault.test()
        let (key, wrapped) = try vault.newDataKey(of: person, in: agency)
        let sealed = try key.seal(Array("Dulcinea".utf8), for: .givenName)
        #expect(try key.seal(Array("Dulcinea".utf8), for: .givenName) != sealed)
        let again = try vault.dataKey(wrapped, of: person, in: agency)
        #expect(try again.open(sealed, from: .givenName) == Array("Dulcinea".utf8))
        #expect(!sealed.contains(Array("Dulcinea".utf8)) && !wrapped.contains(Array("Dulcinea".utf8)))
    }

    @Test("a value moved to another column does not open", arguments: DataKey.Column.allCases)
    func otherColumn(_ column: DataKey.Column) throws {
        let (key, _) = try Vault.test().newDataKey(of: person, in: agency)
        let sealed = try key.seal([1, 2, 3], for: column)
        for other in DataKey.Column.allCases where other != column {
            #expect(throws: VaultError(.notAuthentic)) { try key.open(sealed, from: other) }
        }
    }

    @Test("a data key moved to another participant or agency does not open")
    func otherOwner() throws {
        let vault = Vault.test()
        let (_, wrapped) = try vault.newDataKey(of: person, in: agency)
        #expect(throws: VaultError(.notAuthentic)) { try vault.dataKey(wrapped, of: somebody, in: agency) }
        #expect(throws: VaultError(.notAuthentic)) { try vault.dataKey(wrapped, of: person, in: other) }
    }

    @Test("each changed byte is noticed, and anything short is refused")
    func tampering() throws {
        let (key, _) = try Vault.test().newDataKey(of: person, in: agency)
        let sealed = try key.seal(Array("phone".utf8), for: .phone)
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 1
            #expect(throws: VaultError.self) { try key.open(changed, from: .phone) }
            #expect(throws: VaultError.self) { try key.open(Array(sealed.prefix(index)), from: .phone) }
        }
    }

    @Test("after a rotation old keys open, new ones wrap, and rewrapping needs the old one no more")
    func rotation() throws {
        let before = Vault.test()
        let (key, wrapped) = try before.newDataKey(of: person, in: agency)
        let sealed = try key.seal(Array("x".utf8), for: .phone)
        let during = Vault.test(ring: ["one": 1, "two": 2], current: "two")
        let rewrapped = try during.rewrap(wrapped, of: person, in: agency)
        #expect(KeyRing.keyID(of: wrapped) == "one" && KeyRing.keyID(of: rewrapped) == "two")
        let after = Vault.test(ring: ["two": 2], current: "two")
        #expect(throws: VaultError(.unknownKey)) { try after.dataKey(wrapped, of: person, in: agency) }
        #expect(try after.dataKey(rewrapped, of: person, in: agency).open(sealed, from: .phone) == Array("x".utf8))
    }

    @Test("two processes follow one file: what one wraps with a new key the other opens at once")
    func following() throws {
        let key = { (id: String, byte: UInt8) in
            KeyRingFile.Key(id: id, bytes: [UInt8](repeating: byte, count: 32))
        }
        let before = try KeyRingFile(current: "one", keys: [key("one", 1)])
        let file = NIOLockedValueBox(before.json)
        let rings = [
            KeyRing(before) { file.withLockedValue(\.self) }, KeyRing(before) { file.withLockedValue(\.self) },
        ]
        let old = try rings[0].seal([7], authenticating: "x")
        file.withLockedValue { $0 = Array("half a fi".utf8) }
        #expect(throws: (any Error).self) { try rings[0].reread() }
        #expect(try rings[0].open(old, authenticating: "x") == [7])
        file.withLockedValue { [added = try before.adding(key("two", 2)).using("two")] in $0 = added.json }
        #expect(try rings[0].reread())
        #expect(try !rings[0].reread())
        let new = try rings[0].seal([8], authenticating: "x")
        #expect(KeyRing.keyID(of: new) == "two")
        #expect(rings[1].currentID == "one")
        #expect(try rings[1].open(new, authenticating: "x") == [8])
        #expect(try rings[1].open(old, authenticating: "x") == [7])
        #expect(rings[1].currentID == "two")
    }

    @Test("digests differ by key version, kind, text and agency, and only by these")
    func digests() {
        let keys = Vault.test(index: [1: 7, 2: 8]).indexKeys
        let name = IndexKey(kind: .nameBirthDate, text: "a|b|c")
        let phone = IndexKey(kind: .phone, text: "a|b|c")
        let all = keys.digests(of: [name, phone], in: agency) + keys.digests(of: [name], in: other)
        #expect(Set(all.map(\.digest)).count == 6 && all.allSatisfy { $0.digest.utf8.count == 64 })
        #expect(keys.digests(of: [name], in: agency) == keys.digests(of: [name], in: agency))
        #expect(keys.digests(of: [name, phone], in: agency) == keys.digests(of: [name, phone], in: agency).sorted())
    }

    @Test(
        "key files that are not as documented stop the start",
        arguments: [
            "", "{}", "[]", #"{"current":"a","keys":[]}"#,
            #"{"current":"b","keys":[{"id":"a","key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}]}"#,
            #"{"current":"a","keys":[{"id":"a","key":"AAAA"}]}"#,
            #"{"current":"a","keys":[{"id":"a","key":"not base64"}]}"#,
            #"{"current":"a","keys":[{"id":"a","key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},{"id":"a","key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}]}"#,
        ])
    func ringFiles(_ json: String) {
        #expect(throws: KeyFileError.self) { try KeyRingFile(json: Array(json.utf8)) }
        #expect(throws: KeyFileError.self) { try IndexKeysFile(json: Array(json.utf8)) }
    }

    @Test("key files as documented are read")
    func goodFiles() throws {
        let key = Data(repeating: 5, count: 32).base64EncodedString()
        let ring = #"{"current":"2026-11","keys":[{"id":"2026-11","key":"\#(key)"}]}"#
        #expect(try KeyRingFile(json: Array(ring.utf8)).json == Array(ring.utf8))
        let index = #"{"keys":[{"version":1,"key":"\#(key)"}]}"#
        #expect(try IndexKeysFile(json: Array(index.utf8)).json == Array(index.utf8))
    }
}

extension [UInt8] {
    fileprivate func contains(_ part: [UInt8]) -> Bool {
        indices.contains { starts(with: part, at: $0) }
    }

    private func starts(with part: [UInt8], at index: Int) -> Bool {
        self[index...].starts(with: part)
    }
}
