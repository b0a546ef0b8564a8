internal import Confidentiality
internal import FoundationEssentials
internal import MessageTable
internal import Models
internal import OutcomesDomain
internal import Postgres

/// What an organisation was told by a report.
struct ToldReport: Hashable, Sendable {
    let disclosureID: DisclosureID
    let participantID: ParticipantID
    let recipientID: PartnerID
    let purpose: PurposeOfUse
    let classes: Set<DataClass>
    let consentID: ConsentID?
    let toldAt: Instant
}

/// Progress reports: what they are made of, and whom they told.
enum ProgressReportStore {
    /// Records that a report is told, and says so for the accounting of disclosures.
    static func record(_ told: ToldReport, operationID: String, in work: UnitOfWork) async throws {
        try await work.transaction.execute(
            insert, work.agencyID, told.disclosureID, told.participantID, told.recipientID, told.purpose.rawValue,
            told.classes.map(\.rawValue).sorted(), told.consentID, RedisclosureNotice.version, told.toldAt, work.actor
        )
        try work.publish(
            DisclosureMade(
                disclosureID: told.disclosureID, participantID: told.participantID, version: 1,
                recipientID: told.recipientID, classes: told.classes.map(\.rawValue).sorted().map { Carried($0) },
                purpose: .known(told.purpose), consentID: told.consentID, noticeVersion: RedisclosureNotice.version,
                disclosedBy: work.actor, operationID: operationID, disclosedAt: told.toldAt
            )
        )
    }

    static func find(_ id: DisclosureID, in work: UnitOfWork) async throws -> ToldReport? {
        try await work.transaction.query(find, work.agencyID, id).first.map { row in
            let (participantID, recipientID, purpose, classes, consentID, toldAt) = try row.decode(
                (ParticipantID, PartnerID, String, [String], ConsentID?, Instant).self)
            // A code of a newer version tells nothing here.
            return ToldReport(
                disclosureID: id, participantID: participantID, recipientID: recipientID,
                purpose: PurposeOfUse(rawValue: purpose) ?? .operations,
                classes: Set(classes.compactMap(DataClass.init)), consentID: consentID, toldAt: toldAt)
        }
    }

    /// All that a report could say of somebody.
    static func facts(about participantID: ParticipantID, in work: UnitOfWork) async throws -> ProgressFacts {
        let attendance = try await attendance(of: participantID, in: work)
        let answers = try await work.transaction.together(
            Question(referrals, work.agencyID, participantID), Question(latestScores, work.agencyID, participantID))
        return ProgressFacts(
            attendance: attendance,
            referrals: try answers[0].map { row in
                let (programme, acceptedAt, closedAt, reason) = try row.decode(
                    (String?, Instant, Instant?, String?).self)
                return ReferralProgress(
                    programme: programme.map(ProgrammeCode.init(rawValue:)), acceptedAt: acceptedAt,
                    closedAt: closedAt, closingReason: reason.map { Carried($0) })
            },
            scores: try answers[1].map { row in
                let (instrument, version, on, value, band) = try row.decode(
                    (InstrumentCode, Int, CivilDate, Int?, String?).self)
                return LatestScore(
                    instrument: instrument, instrumentVersion: version, answeredOn: on, value: value, band: band)
            },
            events: try await TimelineStore.milestones(of: participantID, in: work)
        )
    }

    private static func attendance(of participantID: ParticipantID, in work: UnitOfWork) async throws -> Attendance? {
        guard let start = try await DueStore.start(of: participantID, in: work) else { return nil }
        let startsAt = try await AgencyCalendar.day(start, in: work).startsAt
        let answers = try await work.transaction.together(
            Question(latestPlan, work.agencyID, participantID),
            Question(contactTally, work.agencyID, participantID, startsAt))
        let plan = try answers[0].first?.decode((String?, String?, Instant?).self)
        let contacts = try answers[1].compactMap { row -> ContactTally? in
            let (outcome, count, lastAt) = try row.decode((String, Int, Instant).self)
            return ContactOutcome(rawValue: outcome).map { ContactTally(outcome: $0, count: count, lastAt: lastAt) }
        }
        return Attendance(
            since: start, programme: plan?.0.map(ProgrammeCode.init(rawValue:)), phase: plan?.1, phaseSince: plan?.2,
            contacts: contacts)
    }

    private static let insert = Statement(
        "progress_report.insert",
        """
        insert into outcome.progress_report (
            agency_id, disclosure_id, participant_id, recipient_id, purpose, data_classes, consent_id, notice_version,
            told_at, told_by
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """
    )

    private static let find = Statement(
        "progress_report.find",
        """
        select participant_id, recipient_id, purpose, data_classes, consent_id, told_at
        from outcome.progress_report
        where agency_id = $1 and disclosure_id = $2
        """
    )

    static let referrals = Statement(
        "progress_report.referrals",
        """
        select programme, accepted_at, closed_at, closing_reason
        from outcome.referral
        where agency_id = $1
            and participant_id = any ((select outcome.participant_group($1, $2))::uuid[])
            and accepted_at is not null
            and cancelled_at is null
        order by accepted_at
        """
    )

    static let latestScores = Statement(
        "progress_report.latest_scores",
        """
        select distinct on (instrument) instrument, instrument_version, answered_on, score, band
        from outcome.assessment
        where agency_id = $1 and participant_id = any ((select outcome.participant_group($1, $2))::uuid[])
        order by instrument, answered_at desc, assessment_id desc
        """
    )

    static let latestPlan = Statement(
        "progress_report.latest_plan",
        """
        select programme, phase, phase_changed_at
        from outcome.plan
        where agency_id = $1
            and participant_id = any ((select outcome.participant_group($1, $2))::uuid[])
            and started_on is not null
        order by started_on desc, plan_id desc
        limit 1
        """
    )

    static let contactTally = Statement(
        "progress_report.contact_tally",
        """
        select outcome, count(*), max(occurred_at)
        from outcome.contact
        where agency_id = $1
            and participant_id = any ((select outcome.participant_group($1, $2))::uuid[])
            and occurred_at >= $3
        group by outcome
        """
    )
}
