import Crypto
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import Logging
import Models
import Postgres
import ReferralsDomain
import ServiceKit
import TestKit
import Testing

@testable import Referrals

/// The door for people with accounts, in process, in front of a database of its own. Access tokens are the real ones; other
/// tokens are names of roles: `operator`.
struct AccountDoor: Sendable {
    let referring: Referring
    let tokens: AccessTokens
    let client: any TestClientProtocol

    static let password = "correct horse battery"

    static func with(
        limiter: AttemptLimiter = AttemptLimiter(burst: 1000),
        _ body: @escaping @Sendable (AccountDoor) async throws -> Void
    ) async throws {
        try await Referring.with { referring in
            let tokens = try PartnerServer.tokens()
            let hasher = PasswordHasher(cost: ScryptCost(logRounds: 4, blockSize: 8, parallelism: 1))
            let database = Database(pool: referring.pool, workers: referring.workers)
            let api = ReferralsAPI(
                database: database, store: referring.store, clock: referring.clock.wall,
                residences: try .standard(), hasher: hasher, accountClock: referring.clock.wall)
            var routes = api.routes
            AccountRoutes(
                database: database, store: referring.store, tokens: tokens, hasher: hasher,
                clock: referring.clock.wall, limiter: limiter
            ).add(to: &routes)
            let verifier = verifier(of: tokens, for: "referrals", at: referring.clock.wall)
            let agencyID = referring.agencyID
            let gate = Gate(
                authenticator: Authenticator { token throws(Problem) in
                    guard let role = Role(rawValue: token) else { return try await verifier.principal(token) }
                    return Principal(agencyID: agencyID, subject: token, role: role)
                },
                agencies: .postgres(referring.pool), rules: .inForce,
                fingerprint: BodyFingerprint(key: Array(repeating: 7, count: 32)),
                denials: .postgres(referring.pool, ids: referring.store.ids, logger: .silent),
                callers: .header("X-Forwarded-For")
            )
            let responder = API(
                service: "referrals", ServiceDefinition(routes: routes, openAPI: []), gate: gate, logger: .silent
            ).responder
            try await Application(responder: responder, logger: .silent).test(.router) {
                (client) async throws -> Void in
                try await body(AccountDoor(referring: referring, tokens: tokens, client: client))
            }
        }
    }

    /// Another service that is configured to take the tokens of `referrals`.
    static func verifier(of tokens: AccessTokens, for service: String, at clock: WallClock) -> TokenVerifier {
        TokenVerifier(
            service: service,
            issuers: [
                TokenIssuer(
                    issuer: PartnerServer.publicURL, agencies: .all,
                    roles: TokenIssuer.staffAndParticipants.union([.operator, .partner]))
            ],
            clock: clock, logger: .silent
        ) { _ in tokens.publicKeys.serialized() }
    }

    /// Adds an account; answers its id and first password.
    func add(_ login: String, _ role: String, _ more: String = "") async throws -> (id: String, password: String) {
        let answer = try await client.call(
            .post, "/v1/accounts", as: "operator", #"{"login": "\#(login)", "role": "\#(role)"\#(more)}"#)
        #expect(answer.status == 201, "\(answer.text)")
        return (try #require(try answer["accountID"]), try #require(try answer["password"]))
    }

    /// An account whose owner has chosen a password.
    func settled(_ login: String, _ role: String, _ more: String = "") async throws -> String {
        let (id, password) = try await add(login, role, more)
        let changed = try await ask("password", login, password, #", "newPassword": "\#(Self.password)""#)
        #expect(changed.status == 204, "\(changed.text)")
        return id
    }

    static let peer = #", "peerID": "0193a1b0-0000-7000-8000-00000000000a""#

    func signIn(
        _ login: String, _ password: String = AccountDoor.password, _ more: String = "", agency: AgencyID? = nil
    ) async throws -> Answer {
        try await ask("sign-in", login, password, more, agency: agency)
    }

    /// One of the routes that take credentials.
    func ask(
        _ path: String, _ login: String, _ password: String = AccountDoor.password, _ more: String = "",
        agency: AgencyID? = nil, from address: String = "192.0.2.1"
    ) async throws -> Answer {
        let agency = agency ?? referring.agencyID
        return try await client.call(
            .post, "/auth/\(path)", as: "-", from: address,
            #"{"agencyID": "\#(agency)", "login": "\#(login)", "password": "\#(password)"\#(more)}"#)
    }

    func refresh(_ token: String) async throws -> Answer {
        try await client.call(.post, "/auth/refresh", as: "-", #"{"refreshToken": "\#(token)"}"#)
    }

    /// What the device of an account's owner shows.
    func code(of login: String, stepsAhead: Int64 = 0) async throws -> String {
        let name = try #require(LoginName(login))
        let secret = try await referring.work { work in
            let account = try #require(try await referring.store.account(name, in: work))
            return try referring.store.timeCode(of: account, in: work.agencyID)
        }
        return try #require(secret).code(step: referring.clock.now.unixSeconds / 30 + stepsAhead)
    }
}
