import NIOCore
import Testing

@testable import Referrals

@Suite("A mail server that is odd")
struct SMTPClientTests {
    @Test(
        "one that closes, or says what is no answer, gets nothing and is tried again",
        arguments: [
            (OddMailServer.Habit.closes(""), "the connection "), (.closes("220 hello\r\n"), "the connection "),
            (.closes("421 too many\r\n"), "the mail server is closing"),
            (.says("HTTP/1.1 400 Bad Request\r\n\r\n"), "what came is no answer"),
            (.says("220 " + String(repeating: "x", count: 5000)), "what came is no answer"),
            (.says(String(repeating: "220-x\r\n", count: 500)), "what came is no answer"),
            (.answers("250\r\n250\r\n"), "DATA 250"),
        ])
    func odd(_ habit: OddMailServer.Habit, _ reason: String) async throws {
        let outcome = try await OddMailServer.meet(habit)
        guard case .failed(let said) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(said.hasPrefix(reason), "\(said)")
    }

    @Test(
        "one that never answers, or not to the end, is given up after a time",
        arguments: [OddMailServer.Habit.says(""), .says("220"), .says("220-x\r\n"), .says("220 hello\r\n")])
    func silent(_ habit: OddMailServer.Habit) async throws {
        let outcome = try await OddMailServer.meet(habit, limit: .milliseconds(200))
        #expect(outcome == .failed("no answer in time"))
    }
}
