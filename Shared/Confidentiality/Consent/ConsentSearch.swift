internal import Models

/// Which of a participant's consents permits a disclosure, and what of it.
enum ConsentSearch {
    /// What was found.
    struct Found {
        var consentID: ConsentID?
        var classes: Set<DataClass> = []
        /// Of all consents the reason of the one that came nearest; meaningless where every class is covered.
        var refusal = Refusal.noConsent
    }

    /// The consent that covers most of what is asked; of several, the one that was signed last.
    static func best(for question: AccessQuestion, of classes: Set<DataClass>, in participant: Participant) -> Found {
        var found = Found()
        guard let organisation = question.requester.organisation else { return found }
        var signedAt: Instant?
        for terms in participant.consents {
            if let refusal = refusal(of: terms, to: organisation, for: question, participant) {
                if found.consentID == nil { found.refusal = nearer(refusal, found.refusal) }
                continue
            }
            let covered = terms.covered(of: classes)
            guard covered.count > 1 || covered == classes else {
                if found.consentID == nil { found.refusal = nearer(.consentClass, found.refusal) }
                continue
            }
            let isBetter =
                covered.count > found.classes.count
                || covered.count == found.classes.count && terms.signedAt > signedAt ?? terms.signedAt
            guard found.consentID == nil || isBetter else { continue }
            found = Found(consentID: terms.consentID, classes: covered, refusal: .consentClass)
            signedAt = terms.signedAt
        }
        return found
    }

    private static func refusal(
        of terms: ConsentTerms, to organisation: Organisation, for question: AccessQuestion, _ participant: Participant
    ) -> Refusal? {
        guard terms.names(organisation, who: participant.relationship) else { return .noConsent }
        guard terms.isFor(question.purpose) else { return .consentPurpose }
        return terms.refusal(at: question.at)
    }

    /// Of two reasons, that of the consent that came nearer.
    private static func nearer(_ one: Refusal, _ other: Refusal) -> Refusal {
        let order: [Refusal] = [
            .noConsent, .consentPurpose, .consentClass, .consentDeficient, .consentNotYet, .consentExpired,
            .consentRevoked,
        ]
        return (order.firstIndex(of: one) ?? 0) > (order.firstIndex(of: other) ?? 0) ? one : other
    }
}
