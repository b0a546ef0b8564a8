internal import Confidentiality
internal import FoundationEssentials
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

/// What somebody brings to prove who they are.
struct Credentials: Sendable {
    let agencyID: AgencyID
    /// As it was typed.
    let login: String
    let password: String
    let code: String?
}

/// What a signed-in person goes on with.
struct SignedIn: Sendable {
    let accessToken: String
    let refreshToken: String
}

/// Signing in, in three steps: counted, then checked on threads of its own without a transaction, then decided under the
/// account's lock. Whatever is wrong, and whether or not there is such an account, the way and the answer are the same.
struct SignIn: Sendable {
    let database: Database
    let store: Store
    let tokens: AccessTokens
    let hasher: PasswordHasher
    let limiter: AttemptLimiter
    let clock: WallClock

    /// An account whose password was right, and the step of the code that was.
    struct Proof: Sendable {
        let account: Account
        let login: LoginName
        let step: Int64?
    }

    /// What a proof is for.
    enum Purpose: Sendable {
        case session
        /// Also with a password that was told by an operator.
        case newPassword
        /// For an account that has no second factor yet.
        case secondFactor
    }

    /// - Throws: ``Problem`` 401 for everything that a stranger could have brought; 403 where the proof holds and something
    ///   is left to do first.
    func signIn(_ credentials: Credentials, _ context: APIContext) async throws -> SignedIn {
        let proof = try await prove(credentials, for: .session, context)
        return try await decide(proof, credentials, for: .session, context) { account, work in
            let refresh = try await store.startSession(of: account.accountID, in: work)
            let token = try tokens.token(
                of: account.principal(in: work.agencyID), id: store.ids.uuid(), at: clock.now())
            let principal = account.principal(in: work.agencyID)
            try work.tx.audit(
                try await store.record(.create, of: account, by: principal, in: work), context.identified(as: principal)
            )
            return SignedIn(accessToken: token, refreshToken: refresh.text)
        }
    }

    /// Another password in place of the present one; all sessions end.
    func changePassword(
        _ credentials: Credentials, to password: String, _ context: APIContext
    ) async throws {
        let name = try await inWork(credentials.agencyID, context) { try await store.agencyName(in: $0) } ?? ""
        // Before the proof: it tells nothing of any account, and must not count as an attempt.
        if let flaw = PasswordRules.flaw(in: password, login: credentials.login, agencyName: name) {
            throw Problem.invalid("/newPassword", flaw.rawValue)
        }
        guard password != credentials.password else { throw Problem.invalid("/newPassword", "another than before") }
        let proof = try await prove(credentials, for: .newPassword, context)
        let hash = try await hasher.hash(password)
        try await decide(proof, credentials, for: .newPassword, context) { account, work in
            try await store.setPassword(hash, oneTimeUntil: nil, of: account.accountID, in: work)
            try await store.endSessions(of: account.accountID, by: .password, in: work)
            let principal = account.principal(in: work.agencyID)
            try work.tx.audit(
                try await store.record(.update, of: account, by: principal, in: work), context.identified(as: principal)
            )
        }
    }

    /// A secret for the owner's device; it counts once it is confirmed by its first code.
    ///
    /// - Returns: what the device reads, told once.
    func enrolSecondFactor(_ credentials: Credentials, _ context: APIContext) async throws -> String {
        let proof = try await prove(credentials, for: .secondFactor, context)
        let code = TimeCode.new()
        return try await decide(proof, credentials, for: .secondFactor, context) { account, work in
            try await store.setTimeCode(code, of: account.accountID, in: work)
            let principal = account.principal(in: work.agencyID)
            try work.tx.audit(
                try await store.record(.update, of: account, by: principal, in: work), context.identified(as: principal)
            )
            return code.url(login: proof.login)
        }
    }

    func confirmSecondFactor(_ credentials: Credentials, _ context: APIContext) async throws {
        let proof = try await prove(credentials, for: .secondFactor, context)
        guard let step = proof.step else { throw Problem.signInRefused(proof.account, credentials.agencyID) }
        try await decide(proof, credentials, for: .secondFactor, context) { account, work in
            try await store.confirmTimeCode(of: account.accountID, in: work)
            guard try await store.useTimeCode(step: step, of: account.accountID, in: work) else {
                throw Problem.signInRefused(account, work.agencyID)
            }
            let principal = account.principal(in: work.agencyID)
            try work.tx.audit(
                try await store.record(.update, of: account, by: principal, in: work), context.identified(as: principal)
            )
        }
    }

    /// The first two steps.
    private func prove(
        _ credentials: Credentials, for purpose: Purpose, _ context: APIContext
    ) async throws -> Proof {
        try limiter.take(for: context)
        guard let login = LoginName(credentials.login) else { throw Problem.signInRefused() }
        let (isTaken, account) = try await inWork(credentials.agencyID, context) { work -> (Bool, Account?) in
            // Nothing is counted for agencies that do not exist.
            guard try await store.agencyName(in: work) != nil, try await store.attempt(login, in: work) else {
                return (false, nil)
            }
            return (true, try await store.account(login, in: work))
        }
        guard isTaken else { throw Problem.signInRefused() }
        let isRight = try await hasher.verify(credentials.password, against: account?.passwordHash)
        guard let account, isRight, account.disabledAt == nil else {
            throw Problem.signInRefused(account, credentials.agencyID)
        }
        let now = clock.now()
        let step = try credentials.code.flatMap { code in
            try store.timeCode(of: account, in: credentials.agencyID)?
                .step(of: code, at: now, after: account.timeCodeStep)
        }
        guard !account.hasSecondFactor || step != nil else {
            throw Problem.signInRefused(account, credentials.agencyID)
        }
        if let until = account.oneTimeUntil {
            guard now < until else { throw Problem.signInRefused(account, credentials.agencyID) }
        }
        return Proof(account: account, login: login, step: step)
    }

    /// The last step: the account must still be what the proof was made for.
    private func decide<T: Sendable>(
        _ proof: Proof, _ credentials: Credentials, for purpose: Purpose, _ context: APIContext,
        _ body: @Sendable (Account, Work) async throws -> T
    ) async throws -> T {
        let value = try await inWork(credentials.agencyID, context) { work in
            guard let account = try await store.lockAccount(proof.account.accountID, in: work),
                account.version == proof.account.version, account.disabledAt == nil
            else { throw Problem.signInRefused(proof.account, work.agencyID) }
            if account.hasSecondFactor {
                guard let step = proof.step,
                    try await store.useTimeCode(step: step, of: account.accountID, in: work)
                else { throw Problem.signInRefused(account, work.agencyID) }
            }
            try Self.check(account, for: purpose)
            store.forgetAttempts(proof.login, in: work)
            try await store.reindex(account.accountID, login: proof.login, in: work)
            return try await body(account, work)
        }
        limiter.giveBack(for: context)
        return value
    }

    /// What is left to do first, told only to who proved to be the account's owner.
    private static func check(_ account: Account, for purpose: Purpose) throws(Problem) {
        switch purpose {
        case .newPassword: return
        case .session, .secondFactor:
            guard account.oneTimeUntil == nil else { throw .passwordChangeNeeded }
        }
        switch purpose {
        case .session where Account.needsSecondFactor(account.role) && !account.hasSecondFactor:
            throw .secondFactorNeeded
        case .secondFactor where account.hasSecondFactor: throw .secondFactorPresent
        default: return
        }
    }

    private func inWork<T: Sendable>(
        _ agencyID: AgencyID, _ context: APIContext, _ body: @Sendable (Work) async throws -> T
    ) async throws -> T {
        try await database.pool.work(
            for: agencyID, headers: context.messageHeaders, clock: clock, by: context.deadline, body)
    }
}

extension Store {
    /// The audit row of something done to or with an account: that a participant has one says that there is such a
    /// participant, so it is decided like everything else.
    ///
    /// - Throws: 404 where the rules do not let this requester know.
    func record(
        _ action: AuditRecord.Action, of account: Account, by principal: Principal, in work: Work
    ) async throws -> AuditRecord {
        let law = try Self.law(try await work.tx.query(AgencyLaw.find, work.agencyID), in: work)
        let relationship: Relationship =
            switch principal.role {
            case .participant: principal.participantID == account.participantID ? .own : .none
            case .operator: .custodian
            default: .agency
            }
        let decision = rules.decide(
            AccessQuestion(
                agency: law,
                requester: Requester(agencyID: work.agencyID, role: principal.role, subject: principal.subject),
                purpose: rules.purposes(of: principal.role).first ?? .operations,
                classes: account.participantID == nil ? [] : [.presence],
                participant: account.participantID.map {
                    Participant(agencyID: work.agencyID, participantID: $0, relationship: relationship)
                },
                at: work.now))
        guard let permit = decision.permit else { throw Problem.notFound.denying(Denial(.role)) }
        return AuditRecord(action, under: permit, participantIDs: [account.participantID].compactMap(\.self))
    }
}
