import Models
import ReferralsDomain
import Testing

@Suite("Referrals on a sheet") struct ReferralSheetTests {
    static let names = "placerIdentifier,setting,priority,givenName,familyName,birthDate,recordNumber,languages"

    static func sheet(_ lines: String...) throws -> ReferralSheet {
        let today = try #require(CivilDate(year: 2026, month: 11, day: 22))
        return ReferralSheet(
            Array(([names] + lines).joined(separator: "\n").utf8), scope: "partner:north", today: today)
    }

    @Test("each line is a referral, with quotes, semicolons, a byte order mark and any order of columns")
    func rows() throws {
        let today = try #require(CivilDate(year: 2026, month: 11, day: 22))
        let text =
            "\u{FEFF}Priority,SETTING,placerIdentifier,familyName,languages,address,recordNumber\r\n"
            + "stat,emergency-department,A-1,\"Quixote, of La Mancha\",es; en,\"12 Mill St\nToboso\",7\r\n\r\n"
            + "routine,jail,A-2,,,,\r\n"
        let sheet = ReferralSheet(Array(text.utf8), scope: "partner:north", today: today)
        #expect(sheet.flaws == [])
        #expect(sheet.rows.map(\.placerIdentifier) == ["A-1", "A-2"])
        let first = try #require(sheet.rows.first)
        #expect(first.request.isEmergency && first.request.languages == ["es", "en"])
        #expect(first.person.familyName == "Quixote, of La Mancha" && first.person.address == "12 Mill St\nToboso")
        #expect(first.person.identifiers == [.init(system: "partner:north", value: "7")])
        #expect(sheet.rows.last?.request.programme == .criticalTimeIntervention)
        #expect(sheet.rows.map(\.line) == [2, 5], "a cell of two lines and an empty line count, as in an editor")
    }

    @Test("everything that is wrong is named by line and column, and good lines stay good")
    func flaws() throws {
        let sheet = try Self.sheet(
            "A-1,emergency-department,stat,Robin,,,,", ",prison,routine,,,,,", "A-3,moon,routine,,,,,",
            "A-4,jail,soon,,,31.12.1988,,xxxx!", "A-1,jail,routine,,,,,", "A-6,jail,routine,,,2090-01-01,,,,,")
        #expect(sheet.rows.map(\.placerIdentifier) == ["A-1"])
        #expect(
            sheet.flaws.map { "\($0.line) \($0.column ?? "-")" } == [
                "3 placerIdentifier", "4 setting", "5 priority", "5 birthDate", "6 placerIdentifier", "7 birthDate",
                "7 -",
            ])
        #expect(sheet.flaws.allSatisfy { !$0.detail.isEmpty && !$0.detail.contains("moon") })
    }

    @Test(
        "what is no such sheet is refused as a whole",
        arguments: [
            "", "placerIdentifier,setting\nA-1,jail", names + ",surname\nA-1,jail,routine", names + "\nA-1,\"jail",
            names + "\nA-1,jail,routine,Ro\u{0}bin",
            names + "\n" + String(repeating: "A,jail,routine\n", count: 1001),
        ])
    func whole(_ text: String) throws {
        let today = try #require(CivilDate(year: 2026, month: 11, day: 22))
        let sheet = ReferralSheet(Array(text.utf8), scope: "", today: today)
        #expect(sheet.rows.isEmpty && !sheet.flaws.isEmpty)
    }
}
