internal import Hummingbird
internal import Models
internal import ServiceKit

/// The door for people whose agency has no identity provider: signing in, going on, signing out, and the two things that
/// come before the first time. Nobody has a token yet: what proves the caller is in the body.
struct AccountRoutes: Sendable {
    let signIn: SignIn
    let sessions: Sessions

    private static let largest = 4096

    init(
        database: Database, store: Store, tokens: AccessTokens, hasher: PasswordHasher, clock: WallClock,
        limiter: AttemptLimiter = AttemptLimiter()
    ) {
        signIn = SignIn(
            database: database, store: store, tokens: tokens, hasher: hasher, limiter: limiter, clock: clock)
        sessions = Sessions(database: database, store: store, tokens: tokens, limiter: limiter, clock: clock)
    }

    func add(to routes: inout Routes) {
        routes.add(Self.open("/auth/sign-in", "signIn", "Sign in with login, password and code")) { request, context in
            let body = try await request.decode(CredentialsBody.self, context: context)
            return try .ok(SignedInView(try await signIn.signIn(body.credentials, context)))
        }
        routes.add(Self.open("/auth/refresh", "refreshSession", "A new pair of tokens; an old token ends the session"))
        {
            request, context in
            let body = try await request.decode(RefreshBody.self, context: context)
            return try .ok(SignedInView(try await sessions.refresh(body.refreshToken, context)))
        }
        routes.add(Self.open("/auth/sign-out", "signOut", "End the session of a token")) { request, context in
            let body = try await request.decode(RefreshBody.self, context: context)
            try await sessions.signOut(body.refreshToken, context)
            return .noContent
        }
        routes.add(Self.open("/auth/password", "changePassword", "Choose another password; all sessions end")) {
            request, context in
            let body = try await request.decode(NewPasswordBody.self, context: context)
            try await signIn.changePassword(body.credentials, to: body.newPassword, context)
            return .noContent
        }
        routes.add(
            Self.open("/auth/second-factor", "enrolSecondFactor", "A secret for codes, told once")
        ) { request, context in
            let body = try await request.decode(CredentialsBody.self, context: context)
            return try .ok(SecondFactorView(otpauthURL: try await signIn.enrolSecondFactor(body.credentials, context)))
        }
        routes.add(
            Self.open("/auth/second-factor/confirm", "confirmSecondFactor", "The first code: from now on one is needed")
        ) { request, context in
            let body = try await request.decode(CredentialsBody.self, context: context)
            try await signIn.confirmSecondFactor(body.credentials, context)
            return .noContent
        }
    }

    private static func open(_ path: String, _ operationID: String, _ summary: String) -> Route {
        Route(.post, path, operationID, summary, access: .open, discloses: [], bodyLimit: largest)
    }
}

/// What `/auth/sign-in` and the steps before it read.
struct CredentialsBody: Decodable, Sendable {
    var agencyID: AgencyID
    var login: String
    var password: String
    var code: String?

    var credentials: Credentials {
        Credentials(agencyID: agencyID, login: login, password: password, code: code)
    }
}

/// `POST /auth/password`.
struct NewPasswordBody: Decodable, Sendable {
    var agencyID: AgencyID
    var login: String
    var password: String
    var code: String?
    var newPassword: String

    var credentials: Credentials {
        Credentials(agencyID: agencyID, login: login, password: password, code: code)
    }
}

/// `POST /auth/refresh` and `/auth/sign-out`.
struct RefreshBody: Decodable, Sendable {
    var refreshToken: String
}

struct SignedInView: Encodable {
    let accessToken: String
    let refreshToken: String
    let expiresIn: Int64

    init(_ pair: SignedIn) {
        accessToken = pair.accessToken
        refreshToken = pair.refreshToken
        expiresIn = AccessTokens.life.components.seconds
    }
}

struct SecondFactorView: Encodable {
    let otpauthURL: String
}
