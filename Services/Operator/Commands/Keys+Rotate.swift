import ArgumentParser
import JSON
import Models
import Postgres

extension Keys {
    /// `handrail keys rotate`
    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Adds a key to key-ring.json and brings all identities under it, while the services run.",
            discussion: """
                For processes of referrals that read this very file: they take the key over within two seconds. No \
                identity is encrypted anew, only the keys of which each has one of its own. Stopped half-way it has \
                lost nothing: handrail keys renew does the rest. Keep a copy of the new file apart from the \
                database's, and the old keys in it for as long as there are backups from before.
                """
        )

        @Argument(help: "The folder with key-ring.json.")
        var folder: String

        @Option(help: "The key's name, 1 to 64 bytes; without it the month, with a number where that is taken.")
        var id: String?

        func run() async throws {
            let secrets = SecretFolder(existing: folder)
            // Asked before anything changes: what cannot be renewed is not rotated.
            let renewal = AgencyKeyRenewal(agencies: try await AgencyKeyRenewal.allAgencies())
            let id = try secrets.addRingKey(id: id, isCurrent: true, at: WallClock.system.now())
            print("added \(id), which is current")
            // Twice as long as a process takes to read the file again: none wraps with the key of before any more.
            try await Task.sleep(for: .seconds(4))
            try await renewal.run(under: id)
        }
    }

    /// `handrail keys renew`
    struct Renew: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Brings the identities of all agencies under the current key, and under all index keys.",
            discussion: """
                Asks HANDRAIL_REFERRALS_WORKER_DATABASE_URL for the agencies, and calls the API of referrals as \
                `handrail partner` does. Run twice it changes nothing more.
                """
        )

        @Argument(help: "The folder with key-ring.json.")
        var folder: String

        func run() async throws {
            let id = try SecretFolder(existing: folder).currentRingKey()
            try await AgencyKeyRenewal(agencies: try await AgencyKeyRenewal.allAgencies()).run(under: id)
        }
    }
}

/// Brings the participants of agencies under a key of the ring, some at a time.
struct AgencyKeyRenewal {
    /// How long processes may take to read the file again.
    private static let patience = Duration.seconds(30)

    let agencies: [AgencyID]

    /// Everybody whose identities are in the database.
    static func allAgencies() async throws -> [AgencyID] {
        try await withPool(try OperatorSettings().database("HANDRAIL_REFERRALS_WORKER")) { pool in
            try await pool.query(listAgencies).map { try $0.decode(AgencyID.self) }
        }
    }

    private static let listAgencies = Statement(
        "agency.list_ids", "select agency_id from handrail.agency order by agency_id")

    func run(under keyID: String) async throws {
        for agency in agencies {
            let (rewrapped, indexed) = try await renew(agency, under: keyID)
            print("\(agency)  \(rewrapped) keys renewed, \(indexed) digests added")
        }
        print("all is under \(keyID) now; older keys are still needed for backups from before")
    }

    private func renew(_ agency: AgencyID, under keyID: String) async throws -> (Int, Int) {
        let caller = OperatorCaller()
        let deadline = ContinuousClock.now + Self.patience
        var (after, rewrapped, indexed) = (String?.none, 0, 0)
        while true {
            let path = "/v1/keys/renew" + (after.map { "?after=\($0)" } ?? "")
            let step = try await caller.send("POST", path, for: agency).body
            rewrapped += step["rewrapped"]?.integer ?? 0
            indexed += step["indexed"]?.integer ?? 0
            // A process that has not read the file yet renewed under the key of before: once more from there.
            guard step["keyID"]?.string == keyID else {
                guard ContinuousClock.now < deadline else {
                    throw OperatorSettings.Mistake(
                        description:
                            "referrals does not use \(keyID): does it read this file? See handrail help keys add")
                }
                try await Task.sleep(for: .milliseconds(500))
                continue
            }
            guard let next = step["next"]?.string else { return (rewrapped, indexed) }
            after = next
        }
    }
}
