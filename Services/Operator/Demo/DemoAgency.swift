import FoundationEssentials
import JSON
import MessageTable
import Models
import Postgres

/// The synthetic agency that demonstrations run in: three hospitals, forty peers, and two of them on call.
///
/// Nobody in it exists. It is made through the public APIs, and made once: an agency that has peers is left as it is.
struct DemoAgency: Sendable {
    /// Always the same, so that commands and bookmarks stay valid.
    static let id = AgencyID(rawValue: .init(uuid: (1, 0x9A, 0xBC, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 1)))

    let addresses: SuiteAddresses
    let issuer: LocalIssuer
    let caller: Caller
    let clock: WallClock

    private static let hospitals = [
        "Shoreline General Hospital", "St. Brigid Medical Center", "Pine Barrens Community",
    ]

    /// Display names are first names, as peers go by.
    private static let names = [
        "Alex", "Sam", "Jordan", "Casey", "Riley", "Morgan", "Jamie", "Drew", "Quinn", "Avery", "Rowan", "Skyler",
        "Dana", "Lee", "Robin", "Chris", "Pat", "Terry", "Kim", "Jesse",
    ]

    /// Registers the agency itself, as the migrator.
    static func register(_ migrator: ConnectionSettings) async throws {
        try await withPool(migrator) { pool in
            try await pool.transaction(for: id) { transaction in
                _ = try await transaction.query(Agency.becomeOwner)
                try await transaction.execute(
                    Agency.insertAgency, id, "Demo Recovery Agency", "America/New_York", true, true)
            }
        }
    }

    /// True when it was loaded, false when it was there already.
    func load() async throws -> Bool {
        let supervisor = try await token("supervisor")
        let peers = "\(addresses.matching)/v1/peers"
        let existing = try await caller.send("GET", "\(peers)?limit=1", token: supervisor)
        guard existing.body[["items"]]?.array?.isEmpty ?? true else { return false }
        for name in Self.hospitals {
            _ = try await caller.send(
                "POST", "\(addresses.referrals)/v1/partners", token: try await token("operator"),
                ["name": .string(name), "kind": "hospital", "intakePolicy": "auto"])
        }
        var onCall: [String] = []
        for index in 0..<40 {
            let peer = try await caller.send(
                "POST", peers, token: supervisor, Self.peer(index), key: "demo-peer-\(index)")
            if index < 2, let id = peer.body[["peerID"]]?.string { onCall.append(id) }
        }
        for (index, peer) in onCall.enumerated() {
            try await putOnCall(peer, order: index + 1, supervisor)
        }
        return true
    }

    private static func peer(_ index: Int) -> JSONValue {
        let languages: JSONValue = [["en"], ["en", "es"], ["es", "en"], ["en", "pt"]][index % 4]
        return [
            "displayName": .string("\(names[index % names.count]) \(index < names.count ? "A" : "B")."),
            "languages": languages, "areas": [["ocean"], ["monmouth"], ["atlantic"]][index % 3],
            "supportsMedicationOn": "2024-01-15", "recoverySinceOn": .string("\(2008 + index % 12)-03-01"),
            "caseloadCap": .number(JSONNumber(15 + index % 6)),
        ]
    }

    private func putOnCall(_ peer: String, order: Int, _ token: String) async throws {
        let now = clock.now()
        _ = try await caller.send(
            "POST", "\(addresses.matching)/v1/shifts", token: token,
            [
                "peerID": .string(peer), "line": "emergency", "callOrder": .number(JSONNumber(order)),
                "startsAt": .string((now - .seconds(60)).description),
                "endsAt": .string((now + .seconds(23 * 3600)).description),
            ])
    }

    private func token(_ role: String) async throws -> String {
        try await issuer.staffToken(role, agency: Self.id, at: clock.now())
    }
}
