import Crypto
import JSON
import Logging
import Models
import NIOConcurrencyHelpers
import TestKit

@testable import ServiceKit

/// An identity provider whose keys, claims and times a test chooses; what it signs is written as bytes, so that it can be
/// wrong in every way.
final class TestIssuer: Sendable {
    static let now = Instant(unixSeconds: 1_000_000)

    let key = NIOLockedValueBox(P384.Signing.PrivateKey())
    let clock = NIOLockedValueBox(TestIssuer.now)
    let name: String

    init(_ name: String = "https://id.test") {
        self.name = name
    }

    /// Good for five minutes, for a coordinator of the northern agency, unless changed.
    func claims(_ change: (inout JSONObject) -> Void = { _ in }) -> JSONObject {
        var claims: JSONObject = [
            "iss": .string(name), "sub": "person-1", "aud": "handrail", "exp": 1_000_300,
            "agency_id": .string(AgencyID.north.description), "role": "coordinator",
        ]
        change(&claims)
        return claims
    }

    func token(
        _ claims: JSONObject, header: JSONObject = ["alg": "ES384", "kid": "one", "typ": "JWT"]
    ) throws -> String {
        let key = key.withLockedValue { $0 }
        return try CompactToken.signed(header: header, claims: claims) { input in
            Array(try key.signature(for: input).rawRepresentation)
        }
    }

    func keySet(keyID: String = "one") -> [UInt8] {
        let key = key.withLockedValue { $0 }.publicKey.webKey(id: keyID)
        return (["keys": [key]] as JSONValue).serialized()
    }

    var wall: WallClock { WallClock { self.clock.withLockedValue { $0 } } }

    /// A verifier that trusts this issuer as configured.
    func verifier(
        _ configured: TokenIssuer,
        load: (@Sendable (TokenIssuer) async throws -> [UInt8])? = nil
    ) -> TokenVerifier {
        TokenVerifier(
            service: "peer-matching", issuers: [configured], clock: wall, logger: .silent,
            load: load ?? { _ in self.keySet() })
    }
}
