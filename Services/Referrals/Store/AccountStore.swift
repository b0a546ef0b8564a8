internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

extension Store {
    /// Adds an account.
    ///
    /// - Throws: ``StoreError`` `loginTaken`; `notFound` where there is no such participant.
    func add(_ account: Account, login: LoginName, in work: Work) async throws {
        do {
            try await work.tx.execute(
                .insertAccount, work.agencyID, account.accountID, account.role.rawValue, account.login, account.peerID,
                account.participantID, account.passwordHash, account.oneTimeUntil, work.now
            )
        } catch {
            guard error.isForeignKeyViolation else { throw error }
            throw StoreError(.notFound)
        }
        let digests = loginDigests(login, in: work.agencyID)
        guard try await index(account.accountID, digests, in: work) == digests.count else {
            throw StoreError(.loginTaken)
        }
    }

    /// The account of a login; nil where nobody has it.
    func account(_ login: LoginName, in work: Work) async throws -> Account? {
        let digests = loginDigests(login, in: work.agencyID)
        return try await work.tx.query(
            .findAccountByLogin, work.agencyID, digests.map(\.0), digests.map(\.1)
        ).first.map { try Account(row: $0) }
    }

    /// The account as it is now, for whoever decides about it; nil where there is none.
    func lockAccount(_ id: AccountID, in work: Work) async throws -> Account? {
        try await work.tx.query(.lockAccount, work.agencyID, id).first.map { try Account(row: $0) }
    }

    /// The accounts of the agency's own people.
    func accounts(after start: AccountID?, atMost limit: Int, in work: Work) async throws -> [Account] {
        try await work.tx.query(.listAccounts, work.agencyID, start ?? .first, limit).map { try Account(row: $0) }
    }

    /// Digests under a new version of the index keys are added when the login is there to make them of.
    func reindex(_ id: AccountID, login: LoginName, in work: Work) async throws {
        _ = try await index(id, loginDigests(login, in: work.agencyID), in: work)
    }

    private func index(_ id: AccountID, _ digests: [(Int16, String)], in work: Work) async throws -> Int {
        try await work.tx.execute(.insertAccountLogin, work.agencyID, id, digests.map(\.0), digests.map(\.1))
    }

    private func loginDigests(_ login: LoginName, in agency: AgencyID) -> [(Int16, String)] {
        vault.indexKeys.loginDigests(of: login.description, in: agency)
    }

    /// Counts an attempt to sign in, before it is known how it ends.
    ///
    /// - Returns: false while the login is held.
    func attempt(_ login: LoginName, in work: Work) async throws -> Bool {
        let digest = attemptDigest(login, in: work.agencyID)
        work.tx.enqueue(.forgetOldAttempts, work.agencyID, work.now - LockOut.memory)
        work.tx.enqueue(.openAttempt, work.agencyID, digest, work.now)
        let row = try await work.tx.query(.lockAttempt, work.agencyID, digest)[0]
        let (failures, lastAt, heldUntil) = try row.decode((Int, Instant, Instant).self)
        var lockOut = LockOut(failures: failures, lastAt: lastAt, heldUntil: heldUntil)
        guard lockOut.attempt(at: work.now) else { return false }
        try await work.tx.execute(
            .countAttempt, work.agencyID, digest, lockOut.failures, lockOut.lastAt, lockOut.heldUntil)
        return true
    }

    /// The attempt was none.
    func forgetAttempts(_ login: LoginName, in work: Work) {
        work.tx.enqueue(.forgetAttempt, work.agencyID, attemptDigest(login, in: work.agencyID))
    }

    /// Under the oldest key, so that a rotation that adds one forgets nothing.
    private func attemptDigest(_ login: LoginName, in agency: AgencyID) -> String {
        loginDigests(login, in: agency)[0].1
    }

    func setPassword(_ hash: [UInt8], oneTimeUntil: Instant?, of account: AccountID, in work: Work) async throws {
        try await work.tx.execute(.setPassword, work.agencyID, account, hash, oneTimeUntil, work.now)
    }

    func disable(_ account: AccountID, in work: Work) async throws {
        guard try await work.tx.execute(.disableAccount, work.agencyID, account, work.now) == 1 else {
            throw StoreError(.notFound)
        }
    }

    /// A new second factor, not confirmed yet; nil takes it away.
    func setTimeCode(_ code: TimeCode?, of account: AccountID, in work: Work) async throws {
        let sealed = try code.map { try vault.sealTimeCode($0.secret, of: account, in: work.agencyID) }
        try await work.tx.execute(.setTimeCodeSecret, work.agencyID, account, sealed, work.now)
    }

    func confirmTimeCode(of account: AccountID, in work: Work) async throws {
        try await work.tx.execute(.confirmTimeCode, work.agencyID, account, work.now)
    }

    /// - Returns: false where this step, or a later one, was used already.
    func useTimeCode(step: Int64, of account: AccountID, in work: Work) async throws -> Bool {
        try await work.tx.execute(.useTimeCode, work.agencyID, account, step) == 1
    }

    func timeCode(of account: Account, in agency: AgencyID) throws -> TimeCode? {
        try account.timeCodeSecret.map {
            TimeCode(secret: try vault.openTimeCode($0, of: account.accountID, in: agency))
        }
    }

    /// Brings the second factors of an agency under the ring's current key.
    func resealTimeCodes(in work: Work) async throws {
        for row in try await work.tx.query(.listTimeCodeSecrets, work.agencyID) {
            let (id, sealed) = try row.decode((AccountID, [UInt8]).self)
            guard KeyRing.keyID(of: sealed) != vault.ring.currentID else { continue }
            let secret = try vault.openTimeCode(sealed, of: id, in: work.agencyID)
            let resealed = try vault.sealTimeCode(secret, of: id, in: work.agencyID)
            work.tx.enqueue(.resealTimeCodeSecret, work.agencyID, id, resealed)
        }
    }

    func agencyName(in work: Work) async throws -> String? {
        try await work.tx.query(.agencyName, work.agencyID).first?.decode(String.self)
    }
}

extension Account {
    init(row: Row) throws {
        let (id, version, role, login, peer, participant, hash, oneTime, secret, confirmed, step, disabled) =
            try row.decode(
                (
                    AccountID, Int, String, String?, PeerID?, ParticipantID?, [UInt8], Instant?, [UInt8]?, Instant?,
                    Int64?, Instant?
                ).self
            )
        guard let role = Role(rawValue: role) else { throw StoreError(.notFound) }
        self.init(
            accountID: id, version: version, role: role, login: login, peerID: peer, participantID: participant,
            passwordHash: hash, oneTimeUntil: oneTime, timeCodeSecret: secret, timeCodeConfirmedAt: confirmed,
            timeCodeStep: step, disabledAt: disabled
        )
    }
}
