internal import Confidentiality
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

/// One transaction of one agency: what a store operation needs to know besides its own values.
struct Work: Sendable {
    let tx: Transaction
    let agencyID: AgencyID
    /// Travels with each message that the transaction publishes.
    let headers: MessageHeaders
    let now: Instant

    init(_ tx: Transaction, agencyID: AgencyID, headers: MessageHeaders, now: Instant) {
        self.tx = tx
        self.agencyID = agencyID
        self.headers = headers
        self.now = now
    }

    func publish(_ event: some Event) throws {
        try tx.publish(event, agency: agencyID, headers: headers)
    }
}

/// What is stored in the schema `referral`, and how: each operation takes the open transaction it works in, so that a
/// request, its messages and its audit rows succeed or fail together.
struct Store: Sendable {
    let vault: Vault
    let ids: IDSource
    /// Which role sees what.
    let rules: AccessRules
    /// Says who is the same person.
    let matching: MatchRules
    /// How long a referral may wait.
    let times: ResponseTimes
    /// What people are linked to, and the codes in which it is told.
    let linkages: LinkageCatalogue
    /// The codes in which a visit at the bedside is told.
    let bedside: BedsideCatalogue
    /// Whether mails can be sent.
    var hasMailServer = false
}

/// Why the store refused. Nothing in it tells who a participant is.
struct StoreError: Error, Hashable, CustomStringConvertible {
    enum Code: String, Hashable {
        case notFound
        /// The version that the change is based on is not the present one.
        case stale
        /// The sender's own number was used before for another request.
        case placerReused
        /// Another transaction registered or sent the same at this moment: everything is to be tried again.
        case raced
        /// A partner of that name exists.
        case nameTaken
        /// The partner is disabled or unknown.
        case noSuchPartner
        case consentDeficient
        /// Somebody stands by the participant: their identity is needed.
        case stillSupported
        /// A row holds a code of a newer version, by which nothing may be guessed.
        case unknownCode
        /// Another account has the login.
        case loginTaken
        /// Somebody else has the bed, or has it at that time.
        case bedTaken
        /// The person lives in another residence at that time.
        case livesElsewhere
        /// They wait for this residence already, or live there.
        case alreadyApplied
        /// It takes nobody any more.
        case residenceClosed
        /// The agency keeps the residence's beds: they are counted.
        case hasBeds
        /// The person lives in a residence, which must know who does.
        case stillHoused
        /// The same referral is under way to the same organisation.
        case alreadySentOn
        /// The partner polls: there is nothing to sign.
        case noWebhook
        /// The installation sends no mail.
        case noMailServer
    }

    let code: Code

    init(_ code: Code) {
        self.code = code
    }

    var description: String { "referral store: \(code.rawValue)" }

    /// Whether the whole transaction may simply be run again.
    static func mayRetry(_ error: any Error) -> Bool {
        if let error = error as? StoreError { return error.code == .raced }
        guard let error = error as? PostgresError else { return false }
        return error.isRetryable
            || (error.isUniqueViolation
                && [
                    "placer_index_pkey", "engagement_one_dispatch_key", "participant_blind_index_identity_key",
                ].contains(error.constraint))
    }
}

extension Pool {
    /// Runs a change of one agency, again where it met another one: the same person or the same order at the same
    /// moment. The second time the first one's rows are there to be found.
    func work<T: Sendable>(
        for agencyID: AgencyID, headers: MessageHeaders = .none, clock: WallClock,
        by deadline: ContinuousClock.Instant? = nil,
        _ body: @Sendable (Work) async throws -> T
    ) async throws -> T {
        var attempt = 1
        while true {
            do {
                return try await transaction(for: agencyID, by: deadline) { tx in
                    try await body(Work(tx, agencyID: agencyID, headers: headers, now: clock.now()))
                }
            } catch  where attempt < 5 && StoreError.mayRetry(error) {
                attempt += 1
            }
        }
    }
}
