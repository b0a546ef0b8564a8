import Crypto
import Foundation
import NIOSSL
import SwiftASN1
import X509

/// A certificate authority that lives as long as a test.
struct TestAuthority {
    private let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
    private let name: DistinguishedName
    private let certificate: Certificate

    init() throws {
        name = try DistinguishedName { CommonName("Test authority") }
        certificate = try Self.certificate(
            of: key.publicKey, named: name, by: name, signedWith: key,
            Certificate.Extensions { Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil)) }
        )
    }

    /// What a client trusts that trusts this authority and no other.
    func clientConfiguration() throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates([try Self.chain(certificate)])
        return configuration
    }

    /// A server of this host name.
    func serverConfiguration(host: String) throws -> TLSConfiguration {
        let own = P256.Signing.PrivateKey()
        let leaf = try Self.certificate(
            of: Certificate.PublicKey(own.publicKey), named: DistinguishedName { CommonName(host) }, by: name,
            signedWith: key, Certificate.Extensions { SubjectAlternativeNames([.dnsName(host)]) }
        )
        return .makeServerConfiguration(
            certificateChain: [.certificate(try Self.chain(leaf))],
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(own.pemRepresentation.utf8), format: .pem))
        )
    }

    /// Somebody with a certificate of this authority, and its key.
    struct Identity: Sendable {
        let certificate: NIOSSLCertificate
        let certificatePEM: String
        let keyPEM: String
    }

    /// Somebody of this name, which is also the name of a host.
    func identity(_ subject: String) throws -> Identity {
        let own = P256.Signing.PrivateKey()
        let leaf = try Self.certificate(
            of: Certificate.PublicKey(own.publicKey), named: DistinguishedName { CommonName(subject) }, by: name,
            signedWith: key, Certificate.Extensions { SubjectAlternativeNames([.dnsName(subject)]) }
        )
        return Identity(
            certificate: try Self.chain(leaf), certificatePEM: try leaf.serializeAsPEM().pemString,
            keyPEM: own.pemRepresentation)
    }

    /// The authority's own certificate.
    var pem: String {
        get throws { try certificate.serializeAsPEM().pemString }
    }

    private static func certificate(
        of key: Certificate.PublicKey, named subject: DistinguishedName, by issuer: DistinguishedName,
        signedWith issuerKey: Certificate.PrivateKey, _ extensions: Certificate.Extensions
    ) throws -> Certificate {
        try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key,
            notValidBefore: Date(timeIntervalSinceNow: -3600), notValidAfter: Date(timeIntervalSinceNow: 3600),
            issuer: issuer, subject: subject, signatureAlgorithm: .ecdsaWithSHA256, extensions: extensions,
            issuerPrivateKey: issuerKey
        )
    }

    private static func chain(_ certificate: Certificate) throws -> NIOSSLCertificate {
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        return try NIOSSLCertificate(bytes: serializer.serializedBytes, format: .der)
    }
}
