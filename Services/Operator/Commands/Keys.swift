import ArgumentParser
import Models

/// `handrail keys`: the secrets of an installation.
struct Keys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes the secrets of an installation, and rotates the key ring and the audit trail's key.",
        subcommands: [Make.self, Rotate.self, Renew.self, Add.self, Use.self, RenewAudit.self])

    /// `handrail keys make`
    struct Make: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes the files with passwords and keys that are not there yet.",
            discussion: """
                Existing files are left as they are: without key-ring.json nobody can read the identities that were \
                encrypted with it, so keep a copy apart from the database's.
                """
        )

        @Argument(help: "The folder; made if it is not there, closed to others.")
        var folder: String

        @Flag(help: "Also a token issuer for trying things out; never in production.")
        var localIssuer = false

        func run() async throws {
            let secrets = try SecretFolder(folder)
            var made = try secrets.makeSecrets(at: WallClock.system.now())
            if localIssuer { made += try secrets.makeLocalIssuer() }
            for name in made { print("made \(name)") }
            if made.isEmpty { print("nothing was missing") }
        }
    }

    /// `handrail keys add`
    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Adds a new key to key-ring.json, with which identities are encrypted from then on.",
            discussion: """
                The keys that are there stay: what was encrypted with them is only readable by them. The file is \
                replaced as a whole or not at all, and referrals reads it again every two seconds. Where its processes \
                read this very file, handrail keys rotate does all of it. Otherwise:
                  1. Add with --stand-by; keep a copy of the new file apart from the database's.
                  2. Bring the file to every process of referrals: one without the key could not read what another \
                writes with it.
                  3. handrail keys use; bring the file to every process again.
                  4. handrail keys renew.
                  5. Only then may an older key be taken out of the file; backups from before still need it.
                """
        )

        @Argument(help: "The folder with key-ring.json.")
        var folder: String

        @Option(help: "The key's name, 1 to 64 bytes; without it the month, with a number where that is taken.")
        var id: String?

        @Flag(help: "The key only opens, until `handrail keys use` makes it the current one.")
        var standBy = false

        func run() async throws {
            let id = try SecretFolder(existing: folder).addRingKey(
                id: id, isCurrent: !standBy, at: WallClock.system.now())
            print("added \(id)\(standBy ? ", in stand-by" : ""); next: handrail help keys add")
        }
    }

    /// `handrail keys use`
    struct Use: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a key of key-ring.json the one with which identities are encrypted from then on.",
            discussion: "Every process of referrals must have the key by then; see handrail help keys add."
        )

        @Argument(help: "The folder with key-ring.json.")
        var folder: String

        @Argument(help: "The key's name.")
        var id: String

        func run() async throws {
            try SecretFolder(existing: folder).useRingKey(id)
            print("\(id) is current; next: handrail keys renew, once every process of referrals has the file")
        }
    }

    /// `handrail keys renew-audit`
    struct RenewAudit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "renew-audit",
            abstract: "Puts another key in the place of audit-signing.pem, with which seals are signed.",
            discussion: """
                Its public half is added to audit-public.pem, which keeps those of before: handrail audit verify --keys \
                needs them for what they have signed. Keep a copy of that file where nobody who owns the database can \
                change it, and give it to whoever verifies. Afterwards restart the services, one after the other.
                """
        )

        @Argument(help: "The folder with audit-signing.pem.")
        var folder: String

        func run() async throws {
            let id = try SecretFolder(existing: folder).renewAuditKey()
            print("audit-signing.pem is key \(id); next: keep audit-public.pem apart, restart the services")
        }
    }
}
