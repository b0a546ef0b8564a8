import FoundationEssentials
import JSON
import Models

/// The synthetic agency that demonstrations run in: its hospitals, its peers, and who is on call. Nobody in it exists.
struct DemoAgency: Sendable {
    /// Always the same, so that commands and bookmarks stay valid.
    static let id = AgencyID(rawValue: .init(uuid: (1, 0x9A, 0xBC, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 1)))

    let model: DemoModel
    let stage: Stage
    /// The days of the demo by the agency's calendar: when each begins. The last one is the day that it ends before.
    let days: [Instant]

    /// How many days beyond the end of the past somebody is on call already.
    static let onCallAhead = 7

    /// Puts peers on call for the days to come.
    func finish(_ peers: [PeerID]) async throws {
        for ahead in 0..<Self.onCallAhead {
            let begins = days[days.count - 1] + .seconds(ahead * 86_400)
            try await putOnCall(peers, day: days.count - 1 + ahead, from: begins, until: begins + .seconds(86_400))
        }
    }

    /// The agency's peers, in the order of the model.
    func hirePeers() async throws -> [PeerID] {
        var peers: [PeerID] = []
        for index in 0..<model.peers.count {
            // One after the other by the clock too: ids are in the order of time, and decide where peers are equal.
            let answer = try await stage.call(
                .supervisor, "POST", "\(stage.addresses.matching)/v1/peers", peer(index),
                at: days[0] + .seconds(index))
            guard let id = answer.body[["peerID"]]?.string.flatMap({ PeerID($0) }) else {
                throw Journey.Stuck(waitingFor: "a peer's id")
            }
            peers.append(id)
        }
        return peers
    }

    private func peer(_ index: Int) -> JSONValue {
        let (names, peers) = (model.peers.displayNames, model.peers)
        let initial = UnicodeScalar(UInt8(ascii: "A") + UInt8(index / names.count % 26))
        func codes(_ list: [String]) -> JSONValue { .array(list.map { .string($0) }) }
        return [
            "displayName": .string("\(names[index % names.count]) \(Character(initial))."),
            "languages": codes(peers.languages[index % peers.languages.count]),
            "areas": codes(peers.areas[index % peers.areas.count]),
            "supportsMedicationOn": .string(days[0].dateInUTC.adding(days: -30 - index).description),
            "recoverySinceOn": .string("\(2005 + index % 12)-03-01"),
            "caseloadCap": .number(JSONNumber(40 + index % 9)),
        ]
    }

    /// Who is on call on one day: two by day and two by night, everybody in turn and with rest between. The night is an
    /// hour shorter or longer where the clocks change.
    func putOnCall(_ peers: [PeerID], day: Int, from begins: Instant, until ends: Instant) async throws {
        let noon = begins + .seconds(12 * 3600)
        for (half, order) in [(0, 1), (0, 2), (1, 1), (1, 2)] {
            let peer = peers[(day * 4 + half * 2 + order - 1) % peers.count]
            let (from, until) = half == 0 ? (begins, noon) : (noon, ends)
            _ = try await stage.call(
                .supervisor, "POST", "\(stage.addresses.matching)/v1/shifts",
                [
                    "peerID": .string(peer.description), "line": "emergency",
                    "callOrder": .number(JSONNumber(order)), "startsAt": .string(from.description),
                    "endsAt": .string(until.description),
                ], at: begins)
        }
    }
}
