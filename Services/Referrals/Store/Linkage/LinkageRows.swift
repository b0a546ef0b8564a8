internal import Models
internal import Postgres
internal import ReferralsDomain

extension Linkage {
    init(row: Row, checks: [LinkageCheck]) throws {
        let (by, reason): (LinkageCatalogue.Reason.Side?, String?) = (
            try row.column("refused_by"), try row.column("refusal")
        )
        let level: Int = try row.column("level")
        guard let level = Level(rawValue: level) else { throw StoreError(.unknownCode) }
        let refused = by.flatMap { by in reason.map { Refused(by: by, reason: $0) } }
        self.init(
            linkageID: try row.column("linkage_id"), needID: try row.column("need_id"),
            participantID: try row.column("participant_id"), version: try row.column("version"),
            service: try row.column("service"), level: level, status: try row.column("status"),
            entryID: try row.column("entry_id"), refused: refused, startedAt: try row.column("started_at"),
            sustainedDays: try row.column("sustained_days"), checks: checks, offeredAt: try row.column("offered_at"),
            offeredBy: try row.column("offered_by"), changedAt: try row.column("changed_at"))
    }
}

extension LinkageCheck {
    init(row: Row) throws {
        self.init(
            days: try row.column("days"), dueAt: try row.column("due_at"), cameDueAt: try row.column("came_due_at"),
            answer: try row.column("answer"), answeredAt: try row.column("answered_at"),
            answeredBy: try row.column("answered_by"))
    }
}

extension Ride {
    init(row: Row) throws {
        self.init(
            purpose: try row.column("purpose"), mode: try row.column("mode"),
            pickUpFrom: try row.column("pick_up_from"), pickUpUntil: try row.column("pick_up_until"),
            costCents: try row.column("cost_cents"), fundID: try row.column("fund_id"),
            appointmentID: try row.column("appointment_id"))
    }
}
