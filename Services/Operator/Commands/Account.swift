import ArgumentParser
import FoundationEssentials
import JSON
import Models

/// `handrail account`: the people who sign in with a password, where their agency has no identity provider.
struct Account: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Adds, resets, disables and lists the accounts of an agency.",
        discussion: """
            Calls the API of referrals as `handrail partner` does. A password is printed once; it serves for 72 hours, \
            to choose another. Supervisors, coordinators, privacy officers and operators also need a second factor before they come in.
            """,
        subcommands: [Add.self, Reset.self, Disable.self, List.self]
    )

    /// `handrail account add`
    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Adds an account, and prints its password once.")

        @OptionGroup var access: OperatorAccess

        @Option(help: "The name to sign in with: 3 to 64 of a-z, 0-9 and . _ - + @.")
        var login: String

        @Option(help: "coordinator, supervisor, privacy-officer, peer, participant or operator.")
        var role: String

        @Option(help: "The peer whose account it is.")
        var peer: String?

        @Option(help: "The participant whose account it is.")
        var participant: String?

        func run() async throws {
            var body: JSONObject = ["login": .string(login), "role": .string(role)]
            body.set("peerID", ifPresent: peer.map { .string($0) })
            body.set("participantID", ifPresent: participant.map { .string($0) })
            Account.tell(try await access.send("POST", "/v1/accounts", .object(body)).body)
        }
    }

    /// `handrail account reset`
    struct Reset: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Gives an account a new password, takes its second factor away, and ends its sessions.")

        @OptionGroup var access: OperatorAccess

        @Argument(help: "The account's id.")
        var account: String

        func run() async throws {
            Account.tell(try await access.send("POST", "/v1/accounts/\(account)/reset").body)
        }
    }

    /// `handrail account disable`
    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lets nobody in by an account any more.")

        @OptionGroup var access: OperatorAccess

        @Argument(help: "The account's id.")
        var account: String

        func run() async throws {
            _ = try await access.send("POST", "/v1/accounts/\(account)/disable")
            print("account \(account) is disabled")
        }
    }

    /// `handrail account list`
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the accounts of the agency's own people; participants' are not shown.")

        @OptionGroup var access: OperatorAccess

        func run() async throws {
            var path: String? = "/v1/accounts?limit=200"
            while let page = path {
                let answer = try await access.send("GET", page).body
                for item in answer[["items"]]?.array ?? [] {
                    let texts = ["accountID", "role", "login"].map { item[$0]?.string ?? "-" }
                    let marks = [
                        item["hasSecondFactor"]?.bool == true ? "second factor" : nil,
                        item["isDisabled"]?.bool == true ? "disabled" : nil,
                    ].compactMap(\.self)
                    print((texts + marks).joined(separator: "  "))
                }
                path = answer[["next"]]?.string.map { "/v1/accounts?limit=200&cursor=\($0)" }
            }
        }
    }

    private static func tell(_ account: JSONValue) {
        print("account  \(account[["accountID"]]?.string ?? "")")
        print("password \(account[["password"]]?.string ?? "")")
    }
}
