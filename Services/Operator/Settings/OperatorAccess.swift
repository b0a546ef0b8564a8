import ArgumentParser
import Crypto
import FoundationEssentials
import JSON
import Models
import ServiceKit

/// Which agency a command is about, and how to reach the API of referrals as its operator.
struct OperatorAccess: ParsableArguments {
    @Option(help: "The agency's id.")
    var agency: String

    func validate() throws {
        if AgencyID(agency) == nil { throw ValidationError("\(agency) is not a UUID") }
    }

    /// Sends one request to the API of referrals as the operator.
    ///
    /// - Parameter version: an If-Match value.
    func send(
        _ method: String, _ path: String, _ body: JSONValue? = nil, ifMatch version: String? = nil
    ) async throws -> Caller.Answer {
        guard let agency = AgencyID(agency) else { throw ValidationError("the agency's id is not a UUID") }
        return try await OperatorCaller().send(method, path, body, ifMatch: version, for: agency)
    }
}

/// Calls the API of referrals as the operator of an agency.
struct OperatorCaller {
    let settings = OperatorSettings()

    func send(
        _ method: String, _ path: String, _ body: JSONValue? = nil, ifMatch version: String? = nil,
        for agency: AgencyID
    ) async throws -> Caller.Answer {
        let url = SuiteAddresses(settings).referrals + path
        return try await Caller().send(method, url, token: try await token(for: agency), body, ifMatch: version)
    }

    private func token(for agency: AgencyID) async throws -> String {
        if let token = try settings.secret("HANDRAIL_OPERATOR_TOKEN_FILE") { return token }
        let now = WallClock.system.now()
        if let own = try InstallationIssuer(settings) { return try own.operatorToken(for: agency, at: now) }
        return try await LocalIssuer(settings).staffToken("operator", agency: agency, at: now)
    }
}

/// Signs an operator's token with the key of referrals itself, for the first account of an agency without an identity
/// provider: whoever may read that key can give any token of referrals anyway.
struct InstallationIssuer {
    private let issuer: String
    private let key: P384.Signing.PrivateKey

    /// Nil where the settings do not name both the key and the service's public URL.
    init?(_ settings: OperatorSettings) throws {
        guard let url = settings["HANDRAIL_REFERRALS_PUBLIC_URL"],
            let pem = try settings.secret("HANDRAIL_REFERRALS_TOKEN_KEY_FILE")
        else { return nil }
        issuer = url
        key = try P384.Signing.PrivateKey(pemRepresentation: pem)
    }

    /// For one minute.
    func operatorToken(for agency: AgencyID, at now: Instant) throws -> String {
        let keyID = Base64URL.encode(SHA256.hash(data: JSONValue.object(key.publicKey.webKey).canonical()))
        let claims: JSONObject = [
            "iss": .string(issuer), "sub": "handrail", "aud": "referrals",
            "exp": .number(JSONNumber(Int(now.unixSeconds) + 60)), "iat": .number(JSONNumber(Int(now.unixSeconds))),
            "agency_id": .string(agency.description), "role": "operator",
        ]
        return try CompactToken.signed(
            header: ["typ": "at+jwt", "alg": "ES384", "kid": .string(keyID)], claims: claims
        ) { input in
            Array(try key.signature(for: input).rawRepresentation)
        }
    }
}
