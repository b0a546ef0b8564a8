/// One environment variable: its name, what it means, what holds without it, and what is wrong with a value.
public struct SettingReference: Sendable {
    /// The variable; `<SERVICE>` in it stands for the name of a service in capitals.
    public var name: String
    /// One line of Markdown.
    public var meaning: String
    /// What holds where the variable is absent; nil where the process then does not start.
    public var fallback: String?
    /// Whether the fallback only holds where `HANDRAIL_ENV=local`.
    public var isRequiredInProduction: Bool
    /// What is wrong with a value, or with the content of the file where the name ends in `_FILE`; nil where nothing is.
    /// Never quotes it.
    public var flaw: @Sendable (_ value: [UInt8], ServiceSettings.Deployment) -> String?

    public init(
        _ name: String,
        _ meaning: String,
        fallback: String? = nil,
        isRequiredInProduction: Bool = false,
        flaw: @escaping @Sendable (_ value: [UInt8], ServiceSettings.Deployment) -> String? = { _, _ in nil }
    ) {
        self.name = name
        self.meaning = meaning
        self.fallback = fallback
        self.isRequiredInProduction = isRequiredInProduction
        self.flaw = flaw
    }
}

extension ServiceSettings {
    /// Every setting of a service, for its documentation. `<SERVICE>` is the service's name in capitals with
    /// underscores: `PEER_MATCHING`.
    public static let reference: [SettingReference] = [
        SettingReference("HANDRAIL_ENV", "`local` or `production`: production asks for every secret and for TLS"),
        SettingReference(
            "HANDRAIL_<SERVICE>_DATABASE_URL",
            "libpq URL of the service's login, without a password; `sslmode=verify-full` unless on loopback"
        ),
        SettingReference(
            "HANDRAIL_<SERVICE>_DATABASE_PASSWORD_FILE", "file with that login's password",
            fallback: "none; required in production"
        ),
        SettingReference(
            "HANDRAIL_<SERVICE>_WORKER_DATABASE_URL", "the same for the login of loops, `<service>_worker`"
        ),
        SettingReference(
            "HANDRAIL_<SERVICE>_WORKER_DATABASE_PASSWORD_FILE", "file with that login's password",
            fallback: "none; required in production"
        ),
        SettingReference(
            "HANDRAIL_<SERVICE>_DATABASE_CONNECTIONS", "most connections of each login, 1 to 200", fallback: "8"
        ),
        SettingReference(
            "HANDRAIL_<SERVICE>_LISTEN", "host:port of the API", fallback: "127.0.0.1 and the service's port"
        ),
        SettingReference(
            "HANDRAIL_<SERVICE>_OPERATOR_LISTEN", "host:port of /health and /metrics",
            fallback: "127.0.0.1 and the service's port + 1000"
        ),
        SettingReference(
            "HANDRAIL_TOKEN_ISSUERS",
            "JSON file that lists whose tokens are accepted, and which agencies and roles each issuer may speak for"
        ),
        SettingReference(
            "HANDRAIL_IDEMPOTENCY_KEY_FILE", "file with at least 32 random bytes, the same in every process"
        ),
        SettingReference(
            "HANDRAIL_AUDIT_KEY_FILE", "PEM private key on P-256 that signs the seals of the audit trail",
            fallback: "seals are not signed where HANDRAIL_ENV=local; otherwise required", isRequiredInProduction: true
        ),
        SettingReference(
            "HANDRAIL_AUDIT_HEADS_FILE",
            "file to which the newest seals of the audit trail are appended, on another machine's disk than the database",
            fallback: "they are in the log only"
        ),
        SettingReference(
            "HANDRAIL_TLS", "`terminated-upstream` lets listeners beyond loopback speak plain HTTP to a proxy",
            fallback: "certificate files are needed beyond loopback"
        ),
        SettingReference("HANDRAIL_TLS_CERTIFICATE_FILE", "PEM certificate chain of the listeners", fallback: "none"),
        SettingReference("HANDRAIL_TLS_PRIVATE_KEY_FILE", "PEM private key of that certificate", fallback: "none"),
        SettingReference(
            "HANDRAIL_TLS_CA_FILE", "PEM certificate that signed it, for the `health` command",
            fallback: "the certificate itself"
        ),
        SettingReference(
            "HANDRAIL_TLS_CLIENT_CA_FILE",
            "PEM certificates of those who sign partners' client certificates, which may then stand for a signed assertion",
            fallback: "none is asked for"
        ),
        SettingReference(
            "HANDRAIL_TLS_CLIENT_CERTIFICATE_HEADER",
            "with `HANDRAIL_TLS=terminated-upstream`: the header in which the proxy passes on the client certificate that it "
                + "verified (RFC 9440, or escaped PEM); the proxy must remove it from what callers send",
            fallback: "none is believed"
        ),
        SettingReference(
            "HANDRAIL_CALLER_ADDRESS_HEADER",
            "with `HANDRAIL_TLS=terminated-upstream`: the header in which the proxy says who called, such as `X-Forwarded-For`; "
                + "its last address bounds how often one caller may fail to prove who it is",
            fallback: "no bound by address behind a proxy"
        ),
        SettingReference(
            "HANDRAIL_CLOCK",
            "`rehearsal`, while `handrail demo` makes a past: callers say what time it is, nothing due is done by "
                + "itself and nothing is sent outside; only with `HANDRAIL_ENV=local`", fallback: "`system`"
        ),
        SettingReference(
            "HANDRAIL_DRAIN_SECONDS", "how long to keep answering after SIGTERM while not ready", fallback: "0"
        ),
        SettingReference(
            "HANDRAIL_REQUEST_SECONDS",
            "how long a request may take; what it still runs on PostgreSQL is then stopped", fallback: "30"
        ),
        SettingReference(
            "HANDRAIL_RATE_LIMIT_PER_MINUTE", "requests a minute and principal in one process, 0 for no limit",
            fallback: "6000"
        ),
        SettingReference(
            "HANDRAIL_LOG_LEVEL", "trace, debug, info, notice, warning, error or critical", fallback: "info"
        ),
    ]

    /// The reference as a Markdown table.
    public static func markdown(_ settings: [SettingReference]) -> String {
        var text = "| variable | meaning | without it |\n|---|---|---|\n"
        for setting in settings {
            text += "| `\(setting.name)` | \(setting.meaning) | \(setting.fallback ?? "does not start") |\n"
        }
        return text
    }
}
