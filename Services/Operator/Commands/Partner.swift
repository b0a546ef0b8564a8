import ArgumentParser
import FoundationEssentials
import JSON
import Models
import ServiceKit

/// `handrail partner`: the organisations that refer, and the keys they come in with.
struct Partner: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Registers organisations that refer, and changes or withdraws their keys.",
        discussion: """
            Calls the API of referrals (HANDRAIL_REFERRALS_LISTEN) with the operator's token from the file that \
            HANDRAIL_OPERATOR_TOKEN_FILE names; without it, with one signed by the key of referrals itself, where \
            HANDRAIL_REFERRALS_TOKEN_KEY_FILE and HANDRAIL_REFERRALS_PUBLIC_URL are set; where HANDRAIL_ENV=local, with \
            one of the local issuer.
            """,
        subcommands: [Add.self, Rotate.self, Webhook.self, RotateWebhook.self, Mail.self, Disable.self]
    )

    /// By what a client proves who it is: exactly one of the three.
    struct Keys: ParsableArguments {
        @Option(help: "A file with the client's public JWK set.")
        var jwks: String?

        @Option(help: "The https address of the client's JWK set; fetched when it asks for a token.")
        var jwksURL: String?

        @Option(help: "A PEM file with the certificate that the client comes with, instead of signing.")
        var certificate: String?

        func validate() throws {
            if [jwks, jwksURL, certificate].compactMap(\.self).count != 1 {
                throw ValidationError("give one of --jwks, --jwks-url and --certificate")
            }
        }

        func json() throws -> JSONValue {
            if let jwksURL { return ["jwksURL": .string(jwksURL)] }
            if let certificate {
                let text = String(decoding: try Data(contentsOf: URL(filePath: certificate)), as: UTF8.self)
                guard let digest = CertificateThumbprint(ofPEM: text) else {
                    throw ValidationError("\(certificate) holds no PEM certificate")
                }
                return ["certificateSHA256": .string(digest.description)]
            }
            guard let jwks else { throw ValidationError("give one of --jwks, --jwks-url and --certificate") }
            return ["jwks": try JSONValue.parse(Array(try Data(contentsOf: URL(filePath: jwks))))]
        }
    }

    /// `handrail partner add`
    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Registers an organisation with a client, and prints the ids.",
            discussion: "A webhook's secret is printed once and cannot be read again.")

        @OptionGroup var access: OperatorAccess
        @OptionGroup var keys: Keys

        @Option(help: "The organisation's name, as consents name it.")
        var name: String

        @Option(help: "hospital, clinic, court, prison, jail, school, employer, community or other.")
        var kind: String = "hospital"

        @Option(help: "auto: what it sends is accepted at once; review: a coordinator decides.")
        var intakePolicy: String = "review"

        @Option(help: "Where changes of its referrals are announced, with ids only; https.")
        var webhookURL: String?

        func run() async throws {
            var body: JSONObject = [
                "name": .string(name), "kind": .string(kind), "intakePolicy": .string(intakePolicy),
            ]
            body.set("webhookURL", ifPresent: webhookURL.map { .string($0) })
            // The keys are read first: a partner without a client would be of no use to anybody.
            let keys = try keys.json()
            let partner = try await access.send("POST", "/v1/partners", .object(body))
            let id = partner.body[["partnerID"]]?.string ?? ""
            let client = try await access.send("POST", "/v1/partners/\(id)/clients", keys)
            print("partner \(id)")
            print("client  \(client.body[["clientID"]]?.string ?? "")")
            if let secret = partner.body[["webhookSecret"]]?.string { print("webhook secret \(secret)") }
        }
    }

    /// `handrail partner rotate`
    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Replaces the keys of a partner's client.")

        @OptionGroup var access: OperatorAccess
        @OptionGroup var keys: Keys

        @Argument(help: "The partner's id.")
        var partner: String

        @Argument(help: "The client's id.")
        var client: String

        func run() async throws {
            _ = try await access.send("PUT", "/v1/partners/\(partner)/clients/\(client)/keys", try keys.json())
            print("client  \(client) has new keys")
        }
    }

    /// `handrail partner disable`
    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shuts a partner out: its clients get no more tokens; what it referred stays.")

        @OptionGroup var access: OperatorAccess

        @Argument(help: "The partner's id.")
        var partner: String

        func run() async throws {
            _ = try await access.send("POST", "/v1/partners/\(partner)/disable")
            print("partner \(partner) is disabled")
        }
    }
}
