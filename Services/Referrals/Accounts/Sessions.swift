internal import FoundationEssentials
internal import MessageTable
internal import Models
internal import Postgres
internal import ServiceKit

/// Sessions that go on, and end.
struct Sessions: Sendable {
    let database: Database
    let store: Store
    let tokens: AccessTokens
    let limiter: AttemptLimiter
    let clock: WallClock

    private enum Outcome: Sendable {
        case goesOn(SignedIn)
        /// Over, and whose it was where that is known.
        case over(Principal?)
    }

    /// A new pair of tokens for the one that was given at last. An older one ends the session: two people have it, and
    /// nobody can tell which of them is the right one (RFC 9700 §4.14.2).
    func refresh(_ text: String, _ context: APIContext) async throws -> SignedIn {
        try limiter.take(for: context)
        guard let token = RefreshToken(text) else { throw Problem.sessionEnded }
        let outcome = try await inWork(token.agencyID, context) { work -> Outcome in
            guard let session = try await store.session(of: token, in: work),
                let account = try await store.lockAccount(session.accountID, in: work)
            else { return .over(nil) }
            let principal = account.principal(in: work.agencyID)
            if session.isReplay {
                _ = try await store.end(session.sessionID, of: account.accountID, by: .replay, in: work)
                return .over(principal)
            }
            guard session.isOpen(at: work.now), account.disabledAt == nil else { return .over(principal) }
            let next = try await store.goOn(with: session, after: token, in: work)
            try work.tx.audit(
                try await store.record(.update, of: account, by: principal, in: work), context.identified(as: principal)
            )
            let access = try tokens.token(of: principal, id: store.ids.uuid(), at: clock.now())
            return .goesOn(SignedIn(accessToken: access, refreshToken: next.text))
        }
        switch outcome {
        case .goesOn(let pair):
            limiter.giveBack(for: context)
            return pair
        case .over(let principal):
            var denial = Denial(.invalidToken, purpose: .operations)
            denial.principal = principal
            throw Problem.sessionEnded.denying(denial)
        }
    }

    /// Ends the session of a token. Who brings none, or an old one, is not told.
    func signOut(_ text: String, _ context: APIContext) async throws {
        try limiter.take(for: context)
        guard let token = RefreshToken(text) else { return }
        try await inWork(token.agencyID, context) { work in
            guard let session = try await store.session(of: token, in: work),
                let account = try await store.lockAccount(session.accountID, in: work)
            else { return }
            limiter.giveBack(for: context)
            _ = try await store.end(session.sessionID, of: account.accountID, by: .signOut, in: work)
            let principal = account.principal(in: work.agencyID)
            try work.tx.audit(
                try await store.record(.delete, of: account, by: principal, in: work), context.identified(as: principal)
            )
        }
    }

    private func inWork<T: Sendable>(
        _ agencyID: AgencyID, _ context: APIContext, _ body: @Sendable (Work) async throws -> T
    ) async throws -> T {
        try await database.pool.work(
            for: agencyID, headers: context.messageHeaders, clock: clock, by: context.deadline, body)
    }
}
