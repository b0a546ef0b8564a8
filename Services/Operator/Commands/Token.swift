import ArgumentParser
import Models
import ServiceKit

/// `handrail token`: a token to try things out with, on a developer's machine only.
struct Token: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints a bearer token of the local issuer (only where HANDRAIL_ENV=local)."
    )

    @Option(help: "The agency's id.")
    var agency: String

    @Option(help: "coordinator, supervisor, peer, participant, partner, operator or service.")
    var role: String

    @Option(help: "Who asks; never the name of a person.")
    var subject: String?

    @Option(help: "Scopes, separated by spaces.")
    var scope: String = ""

    @Option(help: "The peer whom the token belongs to.")
    var peer: String?

    @Option(help: "The partner organisation that the token belongs to.")
    var partner: String?

    @Option(help: "The participant whom the token belongs to.")
    var participant: String?

    @Option(help: "Seconds until it expires, at most 3600.")
    var lifetime: Int64 = 3600

    func validate() throws {
        if AgencyID(agency) == nil { throw ValidationError("\(agency) is not a UUID") }
        if Role(rawValue: role) == nil { throw ValidationError("there is no role \(role)") }
        if !(1...3600).contains(lifetime) { throw ValidationError("a lifetime is 1 to 3600 seconds") }
    }

    func run() async throws {
        let issuer = try await LocalIssuer(OperatorSettings())
        let now = WallClock.system.now().unixSeconds
        let claims = LocalClaims(
            sub: subject ?? "local-\(role)", iat: now, exp: now + lifetime, agency_id: agency, role: role,
            scope: scope, peer_id: peer, partner_id: partner, participant_id: participant)
        print(try await issuer.token(claims))
    }
}
