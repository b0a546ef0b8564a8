internal import Confidentiality
internal import Hummingbird
internal import Models
internal import NIOCore
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

extension ReferralsAPI {
    func addSheets(to routes: inout Routes) {
        routes.add(
            Route(
                .post, "/v1/referrals/sheets", "importReferrals",
                "Refer everybody who is on a sheet (CSV), or only say what is wrong with it", access: .office,
                discloses: [], consumes: ["text/csv"]
            ),
            importReferrals
        )
    }

    /// Good lines are taken, each in a transaction of its own; bad ones are named, all at once. The same sheet again, mended
    /// or after a broken connection, takes what is missing: each line has a number of its own.
    func importReferrals(_ request: Request, _ context: APIContext) async throws -> Response {
        let isRehearsal = try Self.isRehearsal(request)
        let partnerID = try request.query("partnerID", as: PartnerID.self)
        let subject = try context.principal.subject
        let sheet = ReferralSheet(
            Array(context.body.readableBytesView), scope: "partner:\(partnerID?.description ?? "agency")",
            today: clock.now().dateInUTC)
        var report = SheetReportView(sheet, isRehearsal: isRehearsal)
        guard !isRehearsal else { return try .ok(report) }
        for row in sheet.rows {
            let intake = Intake(
                request: row.request, person: row.person, partnerID: partnerID, clientID: "agency",
                placerIdentifier: row.placerIdentifier, referralID: store.ids.new(), subject: subject)
            do {
                let wasKnown = try await take(intake, context)
                if wasKnown { report.known += 1 } else { report.taken += 1 }
            } catch let error as StoreError where error.code == .placerReused {
                report.refused.append(
                    .init(
                        ReferralSheet.Flaw(
                            line: row.line, column: "placerIdentifier", "stands for another referral already")))
            }
        }
        return try .ok(report)
    }

    /// - Returns: whether it was taken in before.
    private func take(_ intake: Intake, _ context: APIContext) async throws -> Bool {
        try await database.pool.work(
            for: context.agencyID, headers: context.messageHeaders, clock: clock, by: context.deadline
        ) { work in
            let taken = try await store.takeIn(intake, in: work)
            let participantID = taken.stored.referral.participantID
            let permit = try await context.permit(
                about: participantID, as: .agency, in: work.tx, classes: [.presence, .referral], at: work.now)
            try work.tx.audit(
                AuditRecord(taken.wasKnown ? .read : .create, under: permit, participantIDs: [participantID]), context)
            return taken.wasKnown
        }
    }

    private static func isRehearsal(_ request: Request) throws(Problem) -> Bool {
        switch try request.query("dryRun", as: String.self) {
        case nil, "false": false
        case "true": true
        default: throw .invalid("dryRun", "true or false")
        }
    }
}

/// What became of a sheet.
struct SheetReportView: Encodable {
    /// Whether nothing was taken, because only this report was asked for.
    let dryRun: Bool
    /// Lines without a mistake.
    let good: Int
    var taken = 0
    /// Taken in before, under the same number.
    var known = 0
    var refused: [FlawView]

    struct FlawView: Encodable {
        /// As an editor counts: the names of the columns stand in line 1.
        let line: Int
        let column: String?
        let detail: String

        init(_ flaw: ReferralSheet.Flaw) {
            (line, column, detail) = (flaw.line, flaw.column, flaw.detail)
        }
    }

    init(_ sheet: ReferralSheet, isRehearsal: Bool) {
        dryRun = isRehearsal
        good = sheet.rows.count
        refused = sheet.flaws.map(FlawView.init)
    }
}
