internal import Hummingbird
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

extension ReferralsAPI {
    func addAccounts(to routes: inout Routes) {
        routes.add(
            Route(
                .post, "/v1/accounts", "addAccount", "Add an account; its password is told this once",
                access: .operators, discloses: [.presence], bodyLimit: 4096
            ),
            addAccount
        )
        routes.add(
            Route(
                .get, "/v1/accounts", "listAccounts", "The accounts of the agency's own people", access: .custodians,
                discloses: []
            ),
            listAccounts
        )
        routes.add(
            Route(
                .post, "/v1/accounts/{accountID}/reset", "resetAccount",
                "A new password for the first time, no second factor, no sessions", access: .operators, discloses: []
            ),
            resetAccount
        )
        routes.add(
            Route(
                .post, "/v1/accounts/{accountID}/disable", "disableAccount", "Let nobody in by this account any more",
                access: .operators, discloses: []
            ),
            disableAccount
        )
        routes.add(
            Route(
                .get, "/v1/accounts/{accountID}/sessions", "listSessions", "The open sessions of an account",
                access: .anyone, discloses: []
            ),
            listSessions
        )
        routes.add(
            Route(
                .post, "/v1/accounts/{accountID}/sessions/{sessionID}/revoke", "revokeSession", "End a session",
                access: .anyone, discloses: []
            ),
            revokeSession
        )
    }

    func addAccount(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await request.decode(AccountBody.self, context: context)
        let login = try body.checkedLogin()
        let password = OneTimePassword.new()
        let hash = try await hasher.hash(password)
        let account = Account(
            accountID: store.ids.new(), version: 1, role: body.role,
            login: body.role == .participant ? nil : login.description, peerID: body.peerID,
            participantID: body.participantID, passwordHash: hash,
            oneTimeUntil: accountClock.now() + Account.oneTimeLife, timeCodeSecret: nil, timeCodeConfirmedAt: nil,
            timeCodeStep: nil, disabledAt: nil)
        return try await inWork(context) { work in
            try await store.add(account, login: login, in: work)
            try work.tx.audit(
                try await store.record(.create, of: account, by: try context.principal, in: work), context)
            return try .created(
                AccountView(account, password: password), at: "/v1/accounts/\(account.accountID)")
        }
    }

    /// Participants' accounts are left out: who runs the installation sees no participant.
    func listAccounts(_ request: Request, _ context: APIContext) async throws -> Response {
        let page = try request.page()
        let start = try page.cursor.map { try $0.value(0, as: AccountID.self) }
        return try await inWork(context) { work in
            let found = try await store.accounts(after: start, atMost: page.limit + 1, in: work)
            try work.tx.audit(AuditRecord(.search, under: try context.permit()), context)
            let views = found.map { AccountView($0) }
            return try .ok(Page(views, limit: page.limit) { [$0.accountID.description] })
        }
    }

    func resetAccount(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("accountID", as: AccountID.self)
        let password = OneTimePassword.new()
        let hash = try await hasher.hash(password)
        return try await inWork(context) { work in
            guard let account = try await store.lockAccount(id, in: work), account.disabledAt == nil else {
                throw StoreError(.notFound)
            }
            let until = accountClock.now() + Account.oneTimeLife
            try await store.setPassword(hash, oneTimeUntil: until, of: id, in: work)
            try await store.setTimeCode(nil, of: id, in: work)
            try await store.endSessions(of: id, by: .account, in: work)
            try work.tx.audit(
                try await store.record(.update, of: account, by: try context.principal, in: work), context)
            return try .ok(AccountView(account, password: password))
        }
    }

    func disableAccount(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("accountID", as: AccountID.self)
        return try await inWork(context) { work in
            guard let account = try await store.lockAccount(id, in: work) else { throw StoreError(.notFound) }
            try await store.disable(id, in: work)
            try await store.endSessions(of: id, by: .account, in: work)
            try work.tx.audit(
                try await store.record(.update, of: account, by: try context.principal, in: work), context)
            return .noContent
        }
    }

    func listSessions(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try ownOrEverybodys(context)
        return try await inWork(context) { work in
            guard try await store.lockAccount(id, in: work) != nil else { throw StoreError(.notFound) }
            let found = try await store.sessions(of: id, in: work)
            try work.tx.audit(AuditRecord(.search, under: try context.permit()), context)
            return try .ok(Page(items: found.map(SessionView.init), next: nil))
        }
    }

    func revokeSession(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try ownOrEverybodys(context)
        let session = try context.parameter("sessionID", as: SessionID.self)
        return try await inWork(context) { work in
            guard try await store.end(session, of: id, by: .revoked, in: work) else { throw StoreError(.notFound) }
            try work.tx.audit(AuditRecord(.delete, under: try context.permit()), context)
            return .noContent
        }
    }

    /// One's own account, or any for those who look after accounts; to everybody else there is none.
    private func ownOrEverybodys(_ context: APIContext) throws -> AccountID {
        let id = try context.parameter("accountID", as: AccountID.self)
        let principal = try context.principal
        guard principal.subject == id.description || Route.Access.custodianRoles.contains(principal.role) else {
            throw StoreError(.notFound)
        }
        return id
    }
}

extension Route.Access {
    /// Those who look after accounts, and those who look after privacy.
    static let custodianRoles = Set([Role.operator, .privacyOfficer])
    static let custodians = Route.Access.roles(custodianRoles)
}

/// `POST /v1/accounts`.
struct AccountBody: Decodable, Sendable {
    var login: String
    var role: Role
    var peerID: PeerID?
    var participantID: ParticipantID?

    func checkedLogin() throws(Faults) -> LoginName {
        var found: [Fault] = []
        if !Account.mayHave(role) { found.append(Fault("/role", "a role of a person in the agency")) }
        if (role == .peer) != (peerID != nil) { found.append(Fault("/peerID", "for a peer, and for nobody else")) }
        if (role == .participant) != (participantID != nil) {
            found.append(Fault("/participantID", "for a participant, and for nobody else"))
        }
        guard let login = LoginName(login), found.isEmpty else {
            if LoginName(login) == nil { found.append(Fault("/login", "3 to 64 of a-z, 0-9 and . _ - + @")) }
            throw Faults(found)
        }
        return login
    }
}

struct AccountView: Encodable {
    let accountID: AccountID
    let role: Role
    let login: String?
    let peerID: PeerID?
    let hasSecondFactor: Bool
    let isDisabled: Bool
    /// For the first time only, told this once.
    let password: String?

    init(_ account: Account, password: String? = nil) {
        (accountID, role, login, peerID) = (account.accountID, account.role, account.login, account.peerID)
        hasSecondFactor = password == nil && account.hasSecondFactor
        isDisabled = account.disabledAt != nil
        self.password = password
    }
}

struct SessionView: Encodable {
    let sessionID: SessionID
    let startedAt: Instant
    let usedAt: Instant
    let endsAt: Instant

    init(_ session: Session) {
        (sessionID, startedAt) = (session.sessionID, session.startedAt)
        (usedAt, endsAt) = (session.usedAt, session.endsAt)
    }
}
