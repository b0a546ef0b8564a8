internal import FoundationEssentials
internal import Models
internal import ReferralsDomain
internal import ServiceKit

/// `POST /v1/partners`.
struct PartnerBody: Decodable, Sendable {
    var name: String
    var kind: Partner.Kind
    var intakePolicy: IntakePolicy?
    /// Where changes of its referrals are announced; `https` only.
    var webhookURL: String?

    func partner(_ id: PartnerID, allowsLocal: Bool) throws(Faults) -> Partner {
        var found: [Fault] = []
        // One character can be any number of bytes, and the name stands in an index.
        if !(1...200).contains(name.count) || name.utf8.count > 800 {
            found.append(Fault("/name", "1 to 200 characters, in at most 800 bytes"))
        }
        if let webhookURL, WebAddress.host(of: webhookURL, allowsLocal: allowsLocal) == nil {
            found.append(Fault("/webhookURL", "an https address of a named host"))
        }
        try Faults.check(found)
        return Partner(
            partnerID: id, name: name, kind: kind, intakePolicy: intakePolicy ?? .review, webhookURL: webhookURL
        )
    }
}

/// `POST /v1/partners/{partnerID}/clients`, and `…/clients/{clientID}/keys` without scopes.
struct ClientBody: Decodable, Sendable {
    var jwks: KeySet?
    var jwksURL: String?
    /// The SHA-256 digest of the client's certificate, in base64url.
    var certificateSHA256: String?
    var scopes: [String]?

    /// A JWK set of public keys.
    struct KeySet: Codable, Sendable {
        var keys: [PublicKey]
    }

    /// The members of a public RSA or EC key (RFC 7517, 7518); a private one has more, and is refused as unknown.
    struct PublicKey: Codable, Sendable {
        var kty: String
        var kid: String
        var alg: String?
        var use: String?
        var key_ops: [String]?
        var ext: Bool?
        var crv: String?
        var x: String?
        var y: String?
        var n: String?
        var e: String?
    }

    func keys(allowsLocal: Bool) throws -> ClientKeys {
        switch (jwks, jwksURL, certificateSHA256) {
        case (.some(let set), nil, nil):
            guard (1...20).contains(set.keys.count) else { throw Faults([Fault("/jwks/keys", "1 to 20 keys")]) }
            for (index, key) in set.keys.enumerated() where !key.isWhole {
                throw Faults([
                    Fault("/jwks/keys/\(index)", "an RSA key with n and e, or an EC key on P-384 with x and y")
                ])
            }
            return .inline(Array(try JSONEncoder().encode(set)))
        case (nil, nil, .some(let text)):
            guard let digest = CertificateThumbprint(text) else {
                throw Faults([Fault("/certificateSHA256", "a SHA-256 digest in base64url")])
            }
            return .certificate(digest)
        case (nil, .some(let url), nil):
            guard WebAddress.host(of: url, allowsLocal: allowsLocal) != nil else {
                throw Faults([Fault("/jwksURL", "an https address of a named host")])
            }
            return .url(url)
        default: throw Faults([Fault("/jwks", "one of jwks, jwksURL and certificateSHA256")])
        }
    }

    func checkedScopes() throws(Faults) -> [String] {
        let scopes = scopes ?? ["system/*.crus"]
        guard (1...50).contains(scopes.count),
            scopes.allSatisfy({ (1...100).contains($0.utf8.count) && !$0.contains(" ") })
        else { throw Faults([Fault("/scopes", "1 to 50 scopes without spaces")]) }
        return scopes
    }
}

extension ClientBody.PublicKey {
    fileprivate var isWhole: Bool {
        switch kty {
        case "RSA": n != nil && e != nil
        case "EC": crv == "P-384" && x != nil && y != nil
        default: false
        }
    }
}

/// What the operator is told about a partner.
struct PartnerView: Encodable {
    let partnerID: PartnerID
    let name: String
    let kind: Partner.Kind
    let intakePolicy: IntakePolicy
    let status: Partner.Status
    let webhookURL: String?
    /// The secret of its webhooks (Standard Webhooks: `whsec_` and base64); told once, in the answer that makes it.
    let webhookSecret: String?
    /// Who is told by mail that something was updated.
    let mailAddresses: [String]?
    let version: Int

    init(_ partner: Partner, mail: [MailAddress] = [], secret: [UInt8]? = nil) {
        partnerID = partner.partnerID
        name = partner.name
        kind = partner.kind
        intakePolicy = partner.intakePolicy
        status = partner.status
        webhookURL = partner.webhookURL
        webhookSecret = secret.map { "whsec_" + Data($0).base64EncodedString() }
        mailAddresses = mail.isEmpty ? nil : mail.map(\.text)
        version = partner.version
    }
}

/// A partner's client.
struct ClientView: Encodable {
    let clientID: String
    let partnerID: PartnerID
    let scopes: [String]
}
