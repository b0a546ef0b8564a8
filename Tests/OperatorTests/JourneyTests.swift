import Foundation
import JSON
import Models
import Testing

@testable import Operator

@Suite("Playing the journey") struct JourneyTests {
    private static let peers = (0..<3).map { _ in PeerID(rawValue: UUID()) }

    private static func match(_ offers: [(PeerID, String)]) -> JSONValue {
        [
            "status": "offered",
            "offers": .array(
                offers.map { ["peerID": .string($0.0.description), "status": .string($0.1)] }),
        ]
    }

    @Test("who is asked takes the dispatch, the latest of several, and nobody who has declined")
    func asked() throws {
        let offers: [(PeerID, String)] = zip(Self.peers, ["open", "open", "declined"]).map { ($0, $1) }
        #expect(try Journey.asked(in: Self.match(offers)) == Self.peers[1])
    }

    @Test("where everybody on call is asked for another dispatch, it says so and what to do")
    func nobodyFree() throws {
        for offers in [[], [(Self.peers[0], "declined")]] {
            let stuck = #expect(throws: Journey.NobodyFree.self) { try Journey.asked(in: Self.match(offers)) }
            let text = stuck?.description ?? ""
            for word in ["on call", "decline", "/v1/shifts", ".handrail"] { #expect(text.contains(word), "\(text)") }
        }
    }
}
