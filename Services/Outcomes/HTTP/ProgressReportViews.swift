internal import Confidentiality
internal import Models
internal import OutcomesDomain
internal import ServiceKit

/// To whom a report goes, and what for.
struct ProgressReportRequest: Decodable, Sendable {
    let recipientID: PartnerID
    let purpose: PurposeOfUse

    /// For what organisations are told how support goes.
    private static let purposes: Set<PurposeOfUse> = [.treatment, .payment, .justice]

    /// - Throws: 422 for any other purpose.
    func checkedPurpose() throws(Problem) -> PurposeOfUse {
        guard Self.purposes.contains(purpose) else {
            throw .invalid(
                "/purpose", "one of \(Self.purposes.map(\.rawValue).sorted().joined(separator: ", "))")
        }
        return purpose
    }
}

/// A report as whoever sends it gets it. What goes out is `document`: it carries no id of ours.
struct ProgressReportView: Encodable, Sendable {
    /// Under which it stands in the accounting of disclosures.
    let disclosureID: DisclosureID
    let participantID: ParticipantID
    let recipientID: PartnerID
    let toldAt: Instant
    /// What it tells.
    let classes: [String]
    let document: Document

    struct Document: Encodable, Sendable {
        let purpose: PurposeOfUse
        let attendance: AttendanceView?
        let referrals: [ReferralProgressView]?
        let scores: [LatestScoreView]?
        let medications: [OngoingMedicationView]?
        /// What the consent lets through, for whoever receives it; absent where the law asks for none.
        let consent: ConsentScopeView?
        let notice: NoticeView
    }

    init(
        _ told: ToldReport, _ report: ProgressReport, under terms: ConsentTerms?, _ instruments: InstrumentCatalogue
    ) {
        disclosureID = told.disclosureID
        participantID = told.participantID
        recipientID = told.recipientID
        toldAt = told.toldAt
        classes = told.classes.map(\.rawValue).sorted()
        document = Document(
            purpose: told.purpose, attendance: report.attendance.map(AttendanceView.init),
            referrals: report.referrals?.map(ReferralProgressView.init),
            scores: report.scores?.map { score in
                LatestScoreView(
                    score, of: instruments.instrument(score.instrument, version: score.instrumentVersion))
            },
            medications: report.medications?.map(OngoingMedicationView.init),
            consent: terms.map(ConsentScopeView.init), notice: NoticeView())
    }
}

/// How somebody takes part.
struct AttendanceView: Encodable, Sendable {
    let since: CivilDate
    let programme: ProgrammeCode?
    let phase: String?
    let phaseSince: Instant?
    let contactsMet: Int
    let contactsMissed: Int
    let lastMetAt: Instant?

    init(_ attendance: Attendance) {
        since = attendance.since
        programme = attendance.programme
        phase = attendance.phase
        phaseSince = attendance.phaseSince
        contactsMet = attendance.met
        contactsMissed = attendance.missed
        lastMetAt = attendance.lastMetAt
    }
}

/// One referral, and what became of it.
struct ReferralProgressView: Encodable, Sendable {
    let programme: ProgrammeCode?
    let acceptedAt: Instant
    let closedAt: Instant?
    let closingReason: String?

    init(_ referral: ReferralProgress) {
        programme = referral.programme
        acceptedAt = referral.acceptedAt
        closedAt = referral.closedAt
        closingReason = referral.closingReason?.text
    }
}

/// The latest score of an instrument.
struct LatestScoreView: Encodable, Sendable {
    let instrument: InstrumentCode
    let answeredOn: CivilDate
    let value: Int?
    let minimum: Int?
    let maximum: Int?
    let band: String?

    init(_ score: LatestScore, of instrument: Instrument?) {
        self.instrument = score.instrument
        answeredOn = score.answeredOn
        value = score.value
        minimum = instrument?.scoring.minimum
        maximum = instrument?.scoring.maximum
        band = score.band
    }
}

/// Medication that goes on.
struct OngoingMedicationView: Encodable, Sendable {
    let modality: String?
    let startedOn: CivilDate?

    init(_ medication: OngoingMedication) {
        modality = medication.modality
        startedOn = medication.startedOn
    }
}

/// The scope of the consent: a clear explanation of it goes with what is told (42 CFR 2.32).
struct ConsentScopeView: Encodable, Sendable {
    let signedAt: Instant
    let expiresAt: Instant?
    let purposes: [String]
    let classes: [String]

    init(_ terms: ConsentTerms) {
        signedAt = terms.signedAt
        expiresAt = terms.expiresAt
        purposes = terms.purposes.map(\.rawValue).sorted()
        classes = terms.classes.map(\.rawValue).sorted()
    }
}

/// The notice that travels with the record (42 CFR 2.32).
struct NoticeView: Encodable, Sendable {
    let version = RedisclosureNotice.version
    let text = RedisclosureNotice.full
}
