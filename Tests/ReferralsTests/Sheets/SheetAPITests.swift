import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import Models
import NIOCore
import Postgres
import ServiceKit
import Testing

@testable import Referrals

@Suite("Sheets of referrals over HTTP") struct SheetAPITests {
    private static let sheet = """
        placerIdentifier,setting,priority,givenName,familyName,birthDate
        A-1,emergency-department,stat,Dulcinea,Quixote,1988-02-29
        A-2,jail,routine,Sancho,Panza,1979-05-01
        A-3,the moon,routine,,,
        """

    private static let stored = Statement(
        "test.sheet", "select setting || ' ' || status from referral.referral order by setting")

    @Test("a dry run says what is wrong and takes nothing; the sheet is taken once, mended again what is missing")
    func sheet() async throws {
        try await Referring.with { referring in
            try await referring.calling { client in
                func send(_ text: String, _ query: String = "", as token: String = "coordinator") async throws -> Answer
                {
                    Answer(
                        try await client.executeRequest(
                            uri: "/v1/referrals/sheets\(query)", method: .post,
                            headers: [.authorization: "Bearer \(token)", .contentType: "text/csv"],
                            body: ByteBuffer(string: text)))
                }
                let dry = try await send(Self.sheet, "?dryRun=true")
                #expect(dry.status == 200, "\(dry.text)")
                #expect(try dry.object()["good"] == 2 && dry.object()["taken"] == 0)
                #expect(try dry.object()["refused"]?.items.first?["line"] == 4)
                #expect(try dry.object()["refused"]?.items.first?["column"] == "setting")
                #expect(try await referring.look(Self.stored, as: String.self) == [])

                let first = try await send(Self.sheet)
                #expect(try first.object()["taken"] == 2 && first.object()["known"] == 0)
                let stored = ["emergency-department accepted", "jail accepted"]
                #expect(try await referring.look(Self.stored, as: String.self) == stored)
                let mended = try await send(
                    Self.sheet.replacing("the moon", with: "prison").replacing("A-2,jail", with: "A-2,prison"))
                #expect(try mended.object()["taken"] == 1 && mended.object()["known"] == 1)
                #expect(try mended.object()["refused"]?.items.map { $0["line"] } == [3], "A-2 stands for another one")

                #expect(try await send(Self.sheet, as: "peer:0193a1b0-0000-7000-8000-0000000000ff").status == 403)
                #expect(try await send(Self.sheet, "?dryRun=perhaps").status == 422)
            }
            let audited = Statement(
                "test.audited",
                "select count(*)::bigint from referral.audit_event where operation_id = 'importReferrals' and decision = 'allow'"
            )
            #expect(try await referring.look(audited, as: Int.self) == [4])
        }
    }
}
