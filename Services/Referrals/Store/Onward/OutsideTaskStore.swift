internal import JSON
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

extension Statement {
    static let knownOutsideTasks = Statement(
        "outside_task.known",
        """
        select task_id
        from referral.outside_task
        where agency_id = $1 and partner_id = $2 and task_id = any($3)
        """
    )

    /// - Returns: no row where somebody else was faster.
    static let insertOutsideTask = Statement(
        "outside_task.insert",
        """
        insert into referral.outside_task (agency_id, partner_id, task_id, referral_id, found_at)
        values ($1, $2, $3, $4, $5)
        on conflict (agency_id, partner_id, task_id) do nothing
        """
    )

    static let setOutsideReferral = Statement(
        "outside_task.set_referral",
        """
        update referral.outside_task
        set referral_id = $4
        where agency_id = $1 and partner_id = $2 and task_id = $3
        """
    )

    static let outsideTaskOfReferral = Statement(
        "outside_task.of_referral",
        """
        select partner_id, task_id
        from referral.outside_task
        where agency_id = $1 and referral_id = $2
        """
    )

    static let referralOfOutsideTask = Statement(
        "outside_task.referral",
        """
        select referral_id
        from referral.outside_task
        where agency_id = $1 and partner_id = $2 and task_id = $3 and referral_id is not null
        """
    )

    static let markPulled = Statement(
        "outside_server.mark_pulled",
        """
        update referral.outside_server
        set pulled_at = $3
        where agency_id = $1 and partner_id = $2
        """
    )
}

/// What is queued about Tasks that lie on a partner's server: nothing about anybody.
struct OutsideWord: Codable, Hashable, Sendable {
    /// What is to be done there.
    enum Kind: String, CaseIterable, Sendable {
        /// Look for new Tasks, and for those that their sender has taken back.
        case pull = "outside-pull"
        /// Write how a referral stands into its Task.
        case push = "outside-push"
    }

    var partnerID: PartnerID?
    /// The version of the server's settings: what was queued under an earlier one ends.
    var version: Int?
    var referralID: ReferralID?
}

extension Store {
    /// How long between two looks at a partner's server: somebody is to be at the bed within the hour.
    private static let pullPause = Duration.seconds(120)

    /// Queues the next look for Tasks, where the server has some for the agency.
    func queuePull(of server: OutsideServer, at instant: Instant, in work: Work) throws {
        guard server.taskOwner != nil, server.clientID != nil else { return }
        try queue(
            .pull, OutsideWord(partnerID: server.partnerID, version: server.version),
            once: "pull/\(server.partnerID)/\(server.version)/\(instant.microseconds)", to: server.partnerID,
            notBefore: instant, in: work)
    }

    func queueNextPull(of server: OutsideServer, in work: Work) throws {
        try queuePull(of: server, at: work.now + Self.pullPause, in: work)
    }

    /// Queues that a referral's Task on its sender's server is to be written, where it has one.
    ///
    /// - Parameter version: of what the sender is shown; each is written once.
    func queuePush(of referral: Referral, version: Int, in work: Work) async throws {
        let rows = try await work.tx.query(.outsideTaskOfReferral, work.agencyID, referral.referralID)
        for row in rows {
            let partner = try row.decode((PartnerID, String).self).0
            try queue(
                .push, OutsideWord(referralID: referral.referralID), once: "push/\(referral.referralID)/\(version)",
                to: partner, notBefore: work.now, in: work)
        }
    }

    /// Those of some Tasks that were found before.
    func known(_ tasks: [String], at partner: PartnerID, in work: Work) async throws -> Set<String> {
        guard !tasks.isEmpty else { return [] }
        return Set(
            try await work.tx.query(.knownOutsideTasks, work.agencyID, partner, tasks).map {
                try $0.decode(String.self)
            })
    }

    /// The referral that a Task of a partner's server became; nil for none.
    func referral(ofTask task: String, at partner: PartnerID, in work: Work) async throws -> ReferralID? {
        try await work.tx.query(.referralOfOutsideTask, work.agencyID, partner, task).first?.decode(ReferralID.self)
    }

    /// The Task on its sender's server that a referral came from; nil for one that came otherwise.
    func outsideTask(of referral: ReferralID, in work: Work) async throws -> (partner: PartnerID, task: String)? {
        try await work.tx.query(.outsideTaskOfReferral, work.agencyID, referral).first.map {
            try $0.decode((PartnerID, String).self)
        }
    }

    private func queue(
        _ kind: OutsideWord.Kind, _ word: OutsideWord, once key: String, to partner: PartnerID, notBefore: Instant,
        in work: Work
    ) throws {
        work.tx.deliver(
            Delivery(
                id: ids.uuid(), partner: "outside/\(partner)", kind: kind.rawValue,
                subjectID: word.referralID?.rawValue, payload: JSONB(try JSONValue.text(of: word)),
                idempotencyKey: "outside/\(key)", notBefore: notBefore),
            agency: work.agencyID)
    }
}
