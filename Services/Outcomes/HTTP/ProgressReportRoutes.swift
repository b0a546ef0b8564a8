internal import Confidentiality
internal import Hummingbird
internal import Models
internal import OutcomesDomain
internal import ServiceKit

extension OutcomesAPI {
    func addProgressReports(to routes: inout Routes) {
        routes.add(
            Route(
                .post, "/v1/participants/{participantID}/progress-reports", "createProgressReport",
                "Makes the report of how a participant's support goes that an organisation outside may be told.",
                access: .office, discloses: [.presence, .referral, .contact, .assessment, .medication],
                idempotency: .supported, bodyLimit: 1 << 12
            ),
            tell
        )
    }

    /// The decision is made twice: whether whoever asks may see it, and whether the organisation may be told it. The
    /// disclosure is accounted for in the transaction of the answer.
    @Sendable private func tell(_ request: Request, context: APIContext) async throws -> Response {
        let participantID: ParticipantID = try context.parameter("participantID")
        let body = try await request.decode(ProgressReportRequest.self, context: context)
        let purpose = try body.checkedPurpose()
        let (id, operationID): (DisclosureID, String) = (ids.new(), context.route?.operationID ?? "")
        let instruments = instruments
        return try await transaction(context) { work in
            let own = try await Reach.permit(context, about: participantID, in: work)
            let outside = try await context.permit(
                telling: body.recipientID, of: own.classes, about: participantID, for: purpose,
                knownBy: OutcomesGroup.name, in: work.transaction, at: work.now)
            let permit = outside.permit
            return try await work.transaction.once(context, resource: id.rawValue, status: .ok) {
                let told = ToldReport(
                    disclosureID: id, participantID: participantID, recipientID: body.recipientID, purpose: purpose,
                    classes: permit.classes, consentID: permit.consentID, toldAt: work.now)
                try await ProgressReportStore.record(told, operationID: operationID, in: work)
            } answer: { stored in
                let told = try await ProgressReportStore.find(DisclosureID(rawValue: stored), in: work)
                // A repetition tells what the first one was allowed to, under the same consent, or nothing.
                guard let told, told.participantID == participantID, told.consentID == permit.consentID,
                    told.classes.isSubset(of: permit.classes)
                else { throw Problem.idempotencyKeyReused }
                try work.transaction.audit(
                    AuditRecord(
                        .disclose, under: permit, participantIDs: [participantID], onBehalfOf: told.recipientID),
                    context)
                let facts = try await ProgressReportStore.facts(about: participantID, in: work)
                let report = ProgressReport(of: facts, telling: told.classes)
                return try .ok(ProgressReportView(told, report, under: outside.terms, instruments))
            }
        }
    }
}
