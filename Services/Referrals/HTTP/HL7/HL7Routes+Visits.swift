internal import Confidentiality
internal import HL7v2
internal import Hummingbird
internal import MessageTable
internal import Metrics
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

/// What is not a referral. A visit that looks like an overdose becomes a suggestion to a person of the agency; everything
/// else is taken with thanks, counted, and not kept. Its sender is told the same in every case.
extension HL7Routes {
    func hear(
        _ message: HL7Message, _ caller: FHIRCaller, _ answer: HL7Answer, _ context: APIContext
    ) async throws -> Response {
        let type = message.type
        guard type.code == "ADT", HL7Visit.events.contains(type.event) else {
            return try await keepNothing(of: message, caller, answer, context)
        }
        let visit = HL7Visit(message, rules, now: clock.now())
        let signs = rules.signs(of: visit.visit)
        return try await inWork(caller, context) { work in
            guard let sender = try await store.partner(caller.partnerID, in: work), sender.status == .active else {
                throw Problem.forbidden.denying(Denial(.role))
            }
            let heard = try await store.hear(
                visit: visit.name, signs: signs, under: rules, from: caller.partnerID, by: caller.clientID,
                sentAt: visit.sentAt ?? work.now, dischargedAt: visit.dischargedAt, in: work
            ) {
                let about = try visit.person(scope: "partner:\(caller.partnerID)")
                try Faults.check(about.person.faults(today: work.now.dateInUTC))
                return about
            }
            // About nobody: whom it concerns is no participant, and the answer tells nothing.
            let action = heard == .suggested ? AuditRecord.Action.create : .update
            try work.tx.audit(AuditRecord(action, under: try context.permit(classes: [])), context)
            count(message, heard)
            return answer.accepted()
        }
    }

    private func keepNothing(
        of message: HL7Message, _ caller: FHIRCaller, _ answer: HL7Answer, _ context: APIContext
    ) async throws -> Response {
        try await inWork(caller, context) { work in
            try work.tx.audit(AuditRecord(.update, under: try context.permit(classes: [])), context)
            count(message, .notKept)
            return answer.accepted()
        }
    }

    /// By type and event as the standard has them: what a sender makes up is no label.
    private func count(_ message: HL7Message, _ heard: HeardVisit) {
        let type = message.type
        let isEvent =
            type.event.utf8.count == 3 && ["A", "S"].contains(type.event.first) && Int(type.event.dropFirst()) != nil
        Counter(
            label: "referrals_hl7_notices_total",
            dimensions: [
                ("type", type.code), ("event", isEvent ? type.event : "other"), ("outcome", heard.rawValue),
            ], factory: metrics
        ).increment()
    }
}
