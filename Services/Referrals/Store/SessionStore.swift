internal import MessageTable
internal import Models
internal import Postgres
internal import ServiceKit

extension Statement {
    static let insertSession = Statement(
        "account_session.insert",
        """
        insert into referral.account_session (agency_id, session_id, account_id, started_at, used_at, ends_at)
        values ($1, $2, $3, $4, $4, $5)
        """
    )

    static let insertRefreshToken = Statement(
        "refresh_token.insert",
        """
        insert into referral.refresh_token (agency_id, digest, session_id)
        values ($1, $2, $3)
        """
    )

    /// Locked, so that of two who bring the same token one is the second.
    static let lockSessionByToken = Statement(
        "account_session.lock_by_token",
        """
        select session.session_id, session.account_id, session.started_at, session.used_at, session.ends_at,
          session.ended_at, token.used_at is not null
        from referral.refresh_token as token
        join referral.account_session as session
          on session.agency_id = $1 and session.session_id = token.session_id
        where token.agency_id = $1 and token.digest = $2
        for update
        """
    )

    static let useRefreshToken = Statement(
        "refresh_token.use",
        """
        update referral.refresh_token
        set used_at = $3
        where agency_id = $1 and digest = $2
        """
    )

    static let touchSession = Statement(
        "account_session.touch",
        """
        update referral.account_session
        set used_at = $3
        where agency_id = $1 and session_id = $2
        """
    )

    static let endSession = Statement(
        "account_session.end",
        """
        update referral.account_session
        set ended_at = $4, ended_by = $5
        where agency_id = $1 and session_id = $2 and account_id = $3 and ended_at is null
        """
    )

    static let endSessions = Statement(
        "account_session.end_all",
        """
        update referral.account_session
        set ended_at = $3, ended_by = $4
        where agency_id = $1 and account_id = $2 and ended_at is null
        """
    )

    static let listSessions = Statement(
        "account_session.list",
        """
        select session_id, account_id, started_at, used_at, ends_at, ended_at, false
        from referral.account_session
        where agency_id = $1 and account_id = $2 and ended_at is null and ends_at > $3
        order by session_id
        limit 200
        """
    )

    static let forgetSessions = Statement(
        "account_session.forget",
        """
        delete from referral.account_session
        where agency_id = $1 and ends_at < $2
        """
    )
}

/// A session as it is stored.
struct Session: Sendable {
    /// From signing in to signing in again, however busy.
    static let longest = Duration.seconds(12 * 3600)
    /// How long it may stand still: a desk that somebody left.
    static let idle = Duration.seconds(3600)

    /// Why a session is over.
    enum End: String {
        case signOut = "sign-out"
        /// An old token was brought again.
        case replay
        case revoked
        case password
        /// The account was reset or disabled.
        case account
    }

    let sessionID: SessionID
    let accountID: AccountID
    let startedAt: Instant
    let usedAt: Instant
    let endsAt: Instant
    let endedAt: Instant?
    /// Whether the token by which it was found had been used before.
    let isReplay: Bool

    func isOpen(at now: Instant) -> Bool { endedAt == nil && now < endsAt && now - usedAt < Self.idle }
}

extension Store {
    /// Starts a session.
    ///
    /// - Returns: the token with which it goes on.
    func startSession(of account: AccountID, in work: Work) async throws -> RefreshToken {
        work.tx.enqueue(.forgetSessions, work.agencyID, work.now - Session.longest)
        let id = ids.new(SessionID.self)
        work.tx.enqueue(.insertSession, work.agencyID, id, account, work.now, work.now + Session.longest)
        return try await newToken(of: id, in: work)
    }

    /// The session that a token belongs to, locked.
    func session(of token: RefreshToken, in work: Work) async throws -> Session? {
        try await work.tx.query(.lockSessionByToken, work.agencyID, token.digest).first.map { try Session(row: $0) }
    }

    /// The token that takes the place of the one that was used.
    func goOn(with session: Session, after token: RefreshToken, in work: Work) async throws -> RefreshToken {
        work.tx.enqueue(.useRefreshToken, work.agencyID, token.digest, work.now)
        work.tx.enqueue(.touchSession, work.agencyID, session.sessionID, work.now)
        return try await newToken(of: session.sessionID, in: work)
    }

    /// - Returns: false where there is none of this account that is open.
    func end(_ session: SessionID, of account: AccountID, by end: Session.End, in work: Work) async throws -> Bool {
        try await work.tx.execute(.endSession, work.agencyID, session, account, work.now, end.rawValue) == 1
    }

    func endSessions(of account: AccountID, by end: Session.End, in work: Work) async throws {
        try await work.tx.execute(.endSessions, work.agencyID, account, work.now, end.rawValue)
    }

    func sessions(of account: AccountID, in work: Work) async throws -> [Session] {
        try await work.tx.query(.listSessions, work.agencyID, account, work.now).map { try Session(row: $0) }
            .filter { $0.isOpen(at: work.now) }
    }

    private func newToken(of session: SessionID, in work: Work) async throws -> RefreshToken {
        let token = RefreshToken.new(in: work.agencyID)
        try await work.tx.execute(.insertRefreshToken, work.agencyID, token.digest, session)
        return token
    }
}

extension Session {
    init(row: Row) throws {
        let (id, account, started, used, ends, ended, isReplay) = try row.decode(
            (SessionID, AccountID, Instant, Instant, Instant, Instant?, Bool).self)
        self.init(
            sessionID: id, accountID: account, startedAt: started, usedAt: used, endsAt: ends, endedAt: ended,
            isReplay: isReplay)
    }
}
