import JSON
import Models
import ReferralsDomain
import ServiceKit
import Testing

@testable import Referrals

@Suite("A referral as text")
struct ReferralViewTests {
    private static func referral(callback: String?, closed: Bool) -> Referral {
        func id<Subject>(_ number: Int, _: ID<Subject>.Type = ID<Subject>.self) -> ID<Subject> {
            ID("00000000-0000-7000-8000-00000000000\(number)")!
        }
        let at = Instant("2026-11-22T09:30:00.25Z")!
        return Referral(
            stored: .init(
                referralID: id(1), participantID: id(2), partnerID: closed ? id(3) : nil,
                request: ReferralRequest(
                    setting: .emergencyDepartment, priority: .stat, programme: .overdoseFollowUp, callback: callback,
                    languages: ["en", "es"], peerGenderWish: closed ? "woman" : nil,
                    takesMedication: closed ? true : nil
                ),
                receivedAt: at, version: 4, status: closed ? .completed : .requested,
                businessStatus: closed ? .fulfillmentCompleted : .active, statusReason: closed ? "a \"word\"\n" : nil,
                wasCancelledBySender: false, closingReason: closed ? .needMet : nil, engagementID: closed ? id(4) : nil,
                acceptedAt: closed ? at : nil, closedAt: closed ? at : nil, changedAt: at, businessChangedAt: at
            ))
    }

    private static func text(_ value: some JSONWritable) -> String {
        var json = JSONWriter()
        json.value(value)
        return String(decoding: json.bytes, as: UTF8.self)
    }

    @Test("has every member by name, and leaves out what is not known")
    func members() {
        #expect(
            Self.text(ReferralView(Self.referral(callback: nil, closed: false))) == """
                {"businessStatus":{"text":"active"},"changedAt":"2026-11-22T09:30:00.250000Z","languages":["en","es"],\
                "participantID":"00000000-0000-7000-8000-000000000002","priority":"stat",\
                "programme":"overdose-follow-up","receivedAt":"2026-11-22T09:30:00.250000Z",\
                "referralID":"00000000-0000-7000-8000-000000000001","setting":"emergency-department",\
                "status":"requested","version":4}
                """)
        #expect(
            Self.text(ReferralView(Self.referral(callback: "desk 4", closed: true))) == """
                {"acceptedAt":"2026-11-22T09:30:00.250000Z",\
                "businessStatus":{"code":"7.0","text":"Service Request Fulfillment Completed"},"callback":"desk 4",\
                "changedAt":"2026-11-22T09:30:00.250000Z","closedAt":"2026-11-22T09:30:00.250000Z",\
                "closingReason":"need-met","engagementID":"00000000-0000-7000-8000-000000000004",\
                "languages":["en","es"],"participantID":"00000000-0000-7000-8000-000000000002",\
                "partnerID":"00000000-0000-7000-8000-000000000003","peerGenderWish":"woman","priority":"stat",\
                "programme":"overdose-follow-up","receivedAt":"2026-11-22T09:30:00.250000Z",\
                "referralID":"00000000-0000-7000-8000-000000000001","setting":"emergency-department",\
                "status":"completed","statusReason":"a \\"word\\"\\n","takesMedication":true,"version":4}
                """)
    }

    @Test("a page says where the next one begins, and the last one does not")
    func pages() {
        let view = ReferralView(Self.referral(callback: nil, closed: false))
        let item = Self.text(view)
        #expect(Self.text(Page(items: [view, view], next: nil)) == "{\"items\":[\(item),\(item)]}")
        #expect(
            Self.text(Page(items: [view], next: Cursor(["a"]))) == "{\"items\":[\(item)],\"next\":\"\(Cursor(["a"]))\"}"
        )
    }
}
