internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

/// What is known of a visit at the bedside, who wrote it last, and when.
struct StoredBedsideVisit: Sendable {
    let referralID: ReferralID
    let participantID: ParticipantID
    var version: Int
    var visit: BedsideVisit
    var recordedAt: Instant
    var recordedBy: String
    /// When the peer came, and when the visit ended, where peer matching sent one.
    var dispatch: DispatchVisit?
}

/// A visit as peer matching reported it.
struct DispatchVisit: Hashable, Sendable {
    let arrivedAt: Instant
    let endedAt: Instant?
}

extension Store {
    /// What is known of the visits of these referrals, in the order of their ids.
    func bedsideVisits(of referrals: [Referral], in work: Work) async throws -> [StoredBedsideVisit] {
        let known = Dictionary(referrals.map { ($0.referralID, $0) }, uniquingKeysWith: { first, _ in first })
        let answers = try await work.tx.together(
            Question(.listBedsideVisits, work.agencyID, Array(known.keys)),
            Question(.listDispatchVisits, work.agencyID, referrals.compactMap(\.engagementID)))
        let dispatches = Dictionary(
            try answers[1].map { row in
                (
                    try row.column("engagement_id", as: ReferralID.self),
                    DispatchVisit(arrivedAt: try row.column("arrived_at"), endedAt: try row.column("ended_at"))
                )
            }, uniquingKeysWith: { first, _ in first })
        return try answers[0].compactMap { row in
            guard let referral = known[try row.column("referral_id")] else { return nil }
            return try StoredBedsideVisit(
                row: row, of: referral, dispatch: referral.engagementID.flatMap { dispatches[$0] })
        }
    }

    /// Writes what is known of the visit of a locked person's referral, beside what was known before.
    ///
    /// - Parameters:
    ///   - seen: what was known when it was decided what may be told.
    ///   - version: on which the change is based; nil where there is none yet.
    /// - Throws: ``StoreError`` `notFound`, `stale`, `raced` where it was written meanwhile; `VaultError` of an erased person.
    func save(
        _ visit: BedsideVisit, on referral: Referral, of person: StoredPerson, seen: StoredBedsideVisit?,
        expecting version: Int?, by subject: String, in work: Work
    ) async throws -> StoredBedsideVisit {
        guard person.ids.contains(referral.participantID) else { throw StoreError(.notFound) }
        guard !person.isErased else { throw VaultError(.erased) }
        let current = try await bedsideVisits(of: [referral], in: work).first
        guard current?.version == seen?.version else { throw StoreError(.raced) }
        guard current?.version == version else { throw StoreError(.stale) }
        let next = (version ?? 0) + 1
        work.tx.enqueue(
            .insertBedsideVisit, work.agencyID, referral.referralID, next, visit.overdoseAt,
            visit.arrivedInHospitalAt, visit.naloxoneBy, visit.minutesAtBedside, visit.medicationStarted,
            visit.naloxoneKitGiven, visit.disposition, visit.nextContactOn, visit.statusAtEightWeeks,
            visit.statusAtEightWeeksAt, work.now, subject)
        if (current?.visit.statusAtEightWeeks == nil) != (visit.statusAtEightWeeks == nil) {
            work.tx.enqueue(
                .settleEightWeeks, work.agencyID, referral.referralID,
                visit.statusAtEightWeeks == nil ? nil : work.now)
        }
        guard let saved = try await bedsideVisits(of: [referral], in: work).first else { throw StoreError(.notFound) }
        return saved
    }
}

extension StoredBedsideVisit {
    init(row: Row, of referral: Referral, dispatch: DispatchVisit?) throws {
        (referralID, participantID, self.dispatch) = (referral.referralID, referral.participantID, dispatch)
        version = try row.column("version")
        visit = BedsideVisit()
        visit.overdoseAt = try row.column("overdose_at")
        visit.arrivedInHospitalAt = try row.column("arrived_in_hospital_at")
        visit.naloxoneBy = try row.column("naloxone_by")
        visit.minutesAtBedside = try row.column("minutes_at_bedside")
        visit.medicationStarted = try row.column("medication_started")
        visit.naloxoneKitGiven = try row.column("naloxone_kit_given")
        visit.disposition = try row.column("disposition")
        visit.nextContactOn = try row.column("next_contact_on")
        visit.statusAtEightWeeks = try row.column("status_at_eight_weeks")
        visit.statusAtEightWeeksAt = try row.column("status_at_eight_weeks_at")
        recordedAt = try row.column("recorded_at")
        recordedBy = try row.column("recorded_by")
    }
}
