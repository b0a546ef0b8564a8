internal import Confidentiality
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

/// What is known about an intake before anything of it is stored: asked in one round trip, because no question depends on
/// the answer to another.
struct IntakeFindings: Sendable {
    /// The referral that the sender's own number stands for.
    var known: ReferralID?
    /// The sending organisation.
    var partner: Partner?
    /// Who hears of what it sends.
    var listeners = Listeners()
    /// Which laws bind the agency.
    var law: AgencyLaw
    /// Whom it is about.
    var person: PersonSearch

    /// What becomes of a referral that nobody has looked at.
    ///
    /// - Throws: ``StoreError`` `noSuchPartner` for one that is unknown or disabled.
    func policy(for id: PartnerID?) throws(StoreError) -> IntakePolicy {
        guard id != nil else { return .auto }
        guard let partner, partner.status == .active else { throw StoreError(.noSuchPartner) }
        return partner.intakePolicy
    }
}

extension Store {
    /// Looks for the sender's number, the sender, and the person.
    ///
    /// Another request may change all of it before this transaction writes: then an index refuses the writing, and the
    /// transaction is tried again.
    func findings(about intake: Intake, in work: Work) async throws -> IntakeFindings {
        var findings = IntakeFindings(
            law: AgencyLaw(agencyID: work.agencyID, isPart2Program: true, isCoveredEntity: true),
            person: PersonSearch(
                intake.person, vault.indexKeys, largestBlock: matching.policy.largestBlock, in: work.agencyID,
                known: intake.participantID
            )
        )
        var asked: [(question: Question, read: (Rows, inout IntakeFindings) throws -> Void)] = [
            (Question(AgencyLaw.find, work.agencyID), { rows, findings in findings.law = try Self.law(rows, in: work) })
        ]
        if let placer = intake.placerIdentifier {
            let digests = vault.indexKeys.placerDigests(of: placer, by: intake.clientID, in: work.agencyID)
            let question = Question(
                .findPlacer, work.agencyID, intake.clientID, digests.map(\.0), digests.map(\.1)
            )
            asked.append((question, { rows, findings in findings.known = try rows.first?.decode(ReferralID.self) }))
        }
        if let partner = intake.partnerID {
            asked.append(
                (
                    Question(.findPartner, work.agencyID, partner),
                    { rows, findings in findings.partner = try rows.first.map { try Partner(row: $0) } }
                )
            )
            let listeners = Question(.findListeners, work.agencyID, partner)
            asked.append((listeners, { rows, findings in findings.listeners = try Listeners(rows) }))
        }
        for (question, read) in findings.person.questions(in: work.agencyID) {
            asked.append((question, { rows, findings in try read(rows, &findings.person) }))
        }
        let answers = try await work.tx.together(asked.map(\.question))
        for (question, rows) in zip(asked, answers) { try question.read(rows, &findings) }
        return findings
    }

    /// The referral that a sender's own number stands for; nil where it stands for none.
    func referral(placedAs placer: String, by client: String, in work: Work) async throws -> ReferralID? {
        let digests = vault.indexKeys.placerDigests(of: placer, by: client, in: work.agencyID)
        return try await work.tx.query(
            .findPlacer, work.agencyID, client, digests.map(\.0), digests.map(\.1)
        ).first?.decode(ReferralID.self)
    }
}
