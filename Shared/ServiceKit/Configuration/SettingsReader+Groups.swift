internal import Postgres

extension SettingsReader {
    /// A login's connection: URL and password file, with the server verified unless it is on this machine.
    mutating func database(
        _ prefix: String,
        service: String,
        _ deployment: ServiceSettings.Deployment
    ) -> ConnectionSettings? {
        let url = required("\(prefix)_URL", isSecret: true)
        let password = secret("\(prefix)_PASSWORD_FILE", isRequired: deployment == .production)
        guard !url.isEmpty else { return nil }
        let settings: ConnectionSettings
        do {
            settings = try ConnectionSettings(
                url: url, password: password.map { String(decoding: $0, as: UTF8.self) },
                applicationName: "handrail-\(service)"
            )
        } catch {
            mistake("\(prefix)_URL is no connection URL")
            return nil
        }
        if !settings.isLoopback, !settings.verifiesServer {
            mistake("\(prefix)_URL needs sslmode=verify-full, because the server is not on this machine")
        }
        return settings
    }

    /// Whose tokens are accepted.
    mutating func issuers(_ deployment: ServiceSettings.Deployment) -> [TokenIssuer] {
        let name = "HANDRAIL_TOKEN_ISSUERS"
        let path = required(name)
        guard !path.isEmpty, let content = file(name, path) else { return [] }
        var issuers: [TokenIssuer]
        do {
            issuers = try StrictJSON.decode([TokenIssuer].self, from: content)
            if deployment == .local { issuers = issuers.map(\.grantedForTrying) }
        } catch {
            let places = error.errors.map { "\($0.pointer) \($0.detail)" }
            mistake("\(name): \(error.detail ?? places.joined(separator: ", "))")
            return []
        }
        if issuers.isEmpty { mistake("\(name) lists no issuer") }
        for wrong in issuers.compactMap(\.mistake) { mistake("\(name): \(wrong)") }
        if Set(issuers.map(\.issuer)).count < issuers.count { mistake("\(name) lists an issuer twice") }
        return issuers
    }

    /// What signs the seals of the audit trail.
    mutating func auditKey(_ deployment: ServiceSettings.Deployment) -> AuditKey? {
        let name = "HANDRAIL_AUDIT_KEY_FILE"
        guard let pem = secret(name, isRequired: deployment == .production) else { return nil }
        do {
            return try AuditKey(pem: pem)
        } catch {
            mistake("\(name): \(error)")
            return nil
        }
    }

    /// How listeners are protected; without anything only loopback addresses may be listened on.
    mutating func tls(listeners: [(name: String, address: ListenAddress)]) -> ServiceSettings.TLSPolicy {
        switch (optional("HANDRAIL_TLS_CERTIFICATE_FILE"), optional("HANDRAIL_TLS_PRIVATE_KEY_FILE")) {
        case (let certificate?, let privateKey?): return .files(certificate: certificate, privateKey: privateKey)
        case (nil, nil): break
        default: mistake("HANDRAIL_TLS_CERTIFICATE_FILE and HANDRAIL_TLS_PRIVATE_KEY_FILE belong together")
        }
        if let text = optional("HANDRAIL_TLS") {
            if text == "terminated-upstream" { return .terminatedUpstream }
            mistake("HANDRAIL_TLS can only be terminated-upstream")
        }
        for listener in listeners where !listener.address.isLoopback {
            mistake("\(listener.name) is not on loopback: TLS files or HANDRAIL_TLS=terminated-upstream are needed")
        }
        return .none
    }

    /// Where callers' addresses are known from.
    mutating func callers(_ tls: ServiceSettings.TLSPolicy) -> CallerAddressSource {
        let header = optional("HANDRAIL_CALLER_ADDRESS_HEADER")
        guard tls == .terminatedUpstream else {
            if header != nil { mistake("HANDRAIL_CALLER_ADDRESS_HEADER needs HANDRAIL_TLS=terminated-upstream") }
            return .connection
        }
        return header.map { .header($0) } ?? .unknown
    }

    /// Whose certificates clients may come with, and where they are found.
    mutating func clientCertificates(
        _ tls: ServiceSettings.TLSPolicy
    ) -> (authority: String?, source: ClientCertificateSource?) {
        let authority = optional("HANDRAIL_TLS_CLIENT_CA_FILE")
        let header = optional("HANDRAIL_TLS_CLIENT_CERTIFICATE_HEADER")
        switch (authority, header, tls) {
        case (nil, nil, _): return (nil, nil)
        case (let authority?, nil, .files): return (authority, .connection)
        case (nil, let header?, .terminatedUpstream): return (nil, .header(header))
        case (.some, nil, _): mistake("HANDRAIL_TLS_CLIENT_CA_FILE needs HANDRAIL_TLS_CERTIFICATE_FILE")
        case (nil, .some, _):
            mistake("HANDRAIL_TLS_CLIENT_CERTIFICATE_HEADER needs HANDRAIL_TLS=terminated-upstream")
        case (.some, .some, _):
            mistake("HANDRAIL_TLS_CLIENT_CA_FILE and HANDRAIL_TLS_CLIENT_CERTIFICATE_HEADER exclude each other")
        }
        return (nil, nil)
    }

    /// The service's own settings: plain values, and the content of files for names that end in `_FILE`.
    mutating func own(
        _ references: [SettingReference], _ deployment: ServiceSettings.Deployment
    ) -> ([String: String], [String: [UInt8]]) {
        var values: [String: String] = [:]
        var secrets: [String: [UInt8]] = [:]
        for reference in references {
            let name = reference.name
            let isRequired =
                reference.fallback == nil || (reference.isRequiredInProduction && deployment == .production)
            if name.hasSuffix("_FILE") {
                secrets[name] = secret(name, isRequired: isRequired)
            } else {
                values[name] = isRequired ? required(name) : optional(name)
            }
            guard let value = secrets[name] ?? values[name].map({ Array($0.utf8) }), !value.isEmpty else { continue }
            if let flaw = reference.flaw(value, deployment) { mistake("\(name): \(flaw)") }
            if secrets[name] != nil { values[name] = optional(name) }
        }
        return (values, secrets)
    }
}
