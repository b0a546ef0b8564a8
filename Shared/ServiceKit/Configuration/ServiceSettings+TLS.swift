public import NIOSSL

extension ServiceSettings {
    /// TLS for a listener that knows its callers by their certificates, and lets nobody in without one that
    /// `HANDRAIL_TLS_CLIENT_CA_FILE` vouches for; nil where the settings name no certificates.
    ///
    /// - Throws: where a file cannot be read.
    public func certificateTLS() throws -> NIOSSLContext? {
        guard case .files(let certificate, let privateKey) = tls, let clientAuthority else { return nil }
        return try NIOSSLContext(
            configuration: Self.certificateTLS(certificate, privateKey, clientAuthority: clientAuthority))
    }

    /// Whether a proxy in front ends TLS, so that every listener may speak without.
    public var endsTLSUpstream: Bool { tls == .terminatedUpstream }

    static func certificateTLS(
        _ certificate: String, _ privateKey: String, clientAuthority: String
    ) throws -> TLSConfiguration {
        var configuration = try Listeners.configuration(certificate, privateKey, clientAuthority: clientAuthority)
        // A client's certificate names no host that it could be checked against.
        configuration.certificateVerification = .noHostnameVerification
        return configuration
    }
}
