import ArgumentParser
import JSON

// Where a partner hears that something it sent has changed.
extension Partner {
    /// `handrail partner webhook`
    struct Webhook: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says where a partner's webhooks go, or that it polls.",
            discussion: "Where it had none, its secret is printed once and cannot be read again.")

        @OptionGroup var access: OperatorAccess

        @Argument(help: "The partner's id.")
        var partner: String

        @Option(help: "Where changes of its referrals are announced, with ids only; https.")
        var url: String?

        @Flag(help: "It polls: nothing is announced any more.")
        var none = false

        func validate() throws {
            if (url != nil) == none { throw ValidationError("give one of --url and --none") }
        }

        func run() async throws {
            let body: JSONValue = ["webhookURL": url.map { .string($0) } ?? .null]
            let changed = try await access.change(partner, "PUT", "/webhook", body)
            print("partner \(partner) \(url == nil ? "polls" : "has a webhook")")
            if let secret = changed.body[["webhookSecret"]]?.string { print("webhook secret \(secret)") }
        }
    }

    /// `handrail partner rotate-webhook`
    struct RotateWebhook: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rotate-webhook",
            abstract: "Makes a new secret of a partner's webhooks, and prints it.",
            discussion: """
                For 24 hours the one before signs too, so that the partner can change over. A second rotation within that \
                time ends it at once: that is how a secret ends that has leaked.
                """)

        @OptionGroup var access: OperatorAccess

        @Argument(help: "The partner's id.")
        var partner: String

        func run() async throws {
            let changed = try await access.change(partner, "POST", "/webhook/rotate")
            print("webhook secret \(changed.body[["webhookSecret"]]?.string ?? "")")
        }
    }

    /// `handrail partner mail`
    struct Mail: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says who at a partner is told by mail that something was updated.",
            discussion: "Replaces whom it named before. Needs HANDRAIL_REFERRALS_SMTP_URL.")

        @OptionGroup var access: OperatorAccess

        @Argument(help: "The partner's id.")
        var partner: String

        @Option(help: "An e-mail address; up to five times.")
        var address: [String] = []

        @Flag(help: "Nobody is told by mail any more.")
        var none = false

        func validate() throws {
            if address.isEmpty != none { throw ValidationError("give --address, or --none") }
        }

        func run() async throws {
            let body: JSONValue = ["addresses": .array(address.map { .string($0) })]
            _ = try await access.change(partner, "PUT", "/mail", body)
            print("partner \(partner) is told by mail at \(address.count) addresses")
        }
    }
}

extension OperatorAccess {
    /// Changes a partner as it is now.
    fileprivate func change(
        _ partner: String, _ method: String, _ path: String, _ body: JSONValue? = nil
    ) async throws -> Caller.Answer {
        let present = try await send("GET", "/v1/partners/\(partner)")
        return try await send(method, "/v1/partners/\(partner)\(path)", body, ifMatch: present.etag)
    }
}
