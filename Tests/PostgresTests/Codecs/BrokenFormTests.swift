import Foundation
import TestKit
import Testing

@testable import Postgres

/// Whatever bytes arrive, a value is read or it is not: nothing is read past the end, and nothing crashes.
@Suite struct BrokenFormTests {
    /// A type with a valid form, and how it is read.
    struct Form: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]
        let isRead: @Sendable (_ bytes: [UInt8]) -> Bool

        var testDescription: String { name }

        init<V: PostgresCodable>(_ value: V, as type: PostgresType = V.postgresType) {
            name = "\(type) as \(V.self)"
            var bytes: [UInt8] = []
            value.encode(postgres: &bytes)
            self.bytes = bytes
            isRead = { bytes in
                // Memory of exactly this size, so that the address sanitizer sees a read past its end.
                let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
                defer { memory.deallocate() }
                memory.copyBytes(from: bytes)
                return V(postgres: Cell(type: type, bytes: UnsafeRawBufferPointer(memory))) != nil
            }
        }
    }

    static let now = PostgresTimestamp(microsecondsSince1970: 1)
    static let fixed: [Form] = [
        Form(true), Form(Int16.max), Form(Int32.min), Form(Int64.max), Form(5 as Int), Form(UInt32.max), Form(1.5),
        Form(Float(1.5)), Form(UUID()), Form(now), Form(PostgresDate(daysSince1970: 1)),
        Form(PostgresInterval(months: 1, days: 2, microseconds: 3)), Form(PostgresNumeric(123_456_789, scale: 3)),
        Form(PostgresNumeric.nan), Form([1, nil, 3] as [Int?]), Form([Int]()), Form(["a", "", "longer"]),
        Form([UUID(), UUID()]), Form([[1, 2], []] as [[UInt8]]), Form([now]), Form([PostgresNumeric(7)]),
        Form(PostgresRange(1..<5 as Range<Int32>)), Form(PostgresRange<Int32>.empty),
        Form(PostgresRange<PostgresNumeric>.between(.unbounded, .exclusive(PostgresNumeric(5)))),
        Form(PostgresRange(now...now)), Form([PostgresRange(1..<5), .empty]),
    ]
    static let variable: [Form] = [Form("grüße 🌱"), Form([1, 2, 3] as [UInt8]), Form(JSONB(Array("{}".utf8)))]

    @Test("a form that is cut off anywhere, or has something behind it, is not read", arguments: fixed)
    func cutOff(_ form: Form) {
        #expect(form.isRead(form.bytes))
        for count in 0..<form.bytes.count { #expect(!form.isRead(Array(form.bytes.prefix(count)))) }
        #expect(!form.isRead(form.bytes + [0]))
    }

    @Test("changed bytes never crash", arguments: fixed + variable)
    func changed(_ form: Form) {
        var random = SeededGenerator(seed: 42)
        for _ in 0..<3000 {
            var bytes = form.bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                bytes[index] =
                    [0, 1, 0x7F, 0x80, 0xFF, UInt8.random(in: 0...255, using: &random)]
                    .randomElement(using: &random) ?? 0
            }
            _ = form.isRead(bytes)
        }
    }

    @Test("random bytes never crash", arguments: fixed + variable)
    func random(_ form: Form) {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<3000 {
            let count = Int.random(in: 0...48, using: &random)
            let small = Bool.random(using: &random)
            _ = form.isRead((0..<count).map { _ in .random(in: 0...(small ? 5 : 255), using: &random) })
        }
    }

    private func array(_ header: [Int32], _ rest: [UInt8] = []) -> [UInt8] {
        header.flatMap { withUnsafeBytes(of: $0.bigEndian, Array.init) } + rest
    }

    @Test("an array that claims more elements than it has bytes for takes no memory for them")
    func hugeCount() {
        let form = Form([1])
        #expect(!form.isRead(array([1, 0, 20, .max, 1])))
        #expect(!form.isRead(array([1, 0, 20, 0x4000_0000, 1], [0, 0, 0, 0])))
        #expect(!form.isRead(array([1, 0, 20, -1, 1])))
        #expect(!form.isRead(array([1, 0, 20, 1, 1, -2])))
        #expect(!form.isRead(array([1, 0, 20, 1, 1, .max])))
    }

    @Test("an array of two dimensions, of other elements, or in a column that is no array is not read")
    func otherArrays() {
        #expect(!Form([1]).isRead(array([2, 0, 20, 1, 1, 1, 1, 8, 0, 5])))
        #expect(!Form([1]).isRead(array([0, 0, 25])))
        #expect(!Form([Int](), as: .uuid).isRead(array([0, 0, 20])))
        #expect(Form([1], as: .anyarray).isRead(array([0, 0, 20])))
        #expect(!Form([1]).isRead(array([1, 1, 20, 1, 1, -1])))
        // Narrower elements fit, as single values do.
        let narrow = Form([1], as: PostgresType(1007))
        #expect(narrow.isRead(array([1, 0, 23, 2, 1, 4, 7, 4, 8])))
        #expect(!narrow.isRead(array([1, 0, 20, 1, 1, 8, 0, 7])))
    }

    @Test(
        "text that is no UTF-8 is not read",
        arguments: [[0xFF], [0x61, 0xC3], [0xED, 0xA0, 0x80], [0xC0, 0x80]] as [[UInt8]])
    func invalidText(_ bytes: [UInt8]) {
        #expect(!Form("").isRead(bytes))
        #expect(!Form(EnumTests.Label(rawValue: ""), as: PostgresType(16_385)).isRead(bytes))
        #expect(!Form([""]).isRead(array([1, 0, 25, 1, 1, Int32(bytes.count)], bytes)))
    }
}
