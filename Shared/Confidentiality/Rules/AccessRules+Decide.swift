internal import Models

extension AccessRules {
    /// Decides who may see what: the one function that every route, search, export, webhook and message that leaves an
    /// agency asks. What it does not allow is refused.
    ///
    /// The order is tenant → role → relationship → label → consent → restrictions → minimum necessary (FACTS §8.6).
    public func decide(_ question: AccessQuestion) -> Decision {
        guard let agency = question.agency else { return .refused(.agencyNotConfigured) }
        guard Self.isWithin(agency, question) else { return .refused(.tenant) }
        if let emergency = question.emergency { return decide(question, in: emergency) }
        guard let rule = rule(for: question.requester.role), rule.purposes.contains(question.purpose),
            question.requester.isOutside == (question.requester.organisation != nil)
        else { return .refused(.role) }
        var remaining = Remaining(question.classes)
        remaining.keep(rule.classes, else: .role)
        guard question.classes.isEmpty || !remaining.classes.isEmpty else { return .refused(.role) }
        guard Self.isConnected(question, by: rule) else { return .refused(.relationship) }
        var consentID: ConsentID?
        if question.requester.isOutside {
            remaining.withhold(inside, because: .label)
            consentID = consent(to: question, under: agency, &remaining)
        }
        for restriction in question.participant?.restrictions ?? [] {
            let withheld = restriction.withheld(
                of: remaining.classes, from: question.requester, for: question.purpose)
            remaining.withhold(withheld, because: .restriction)
        }
        remaining.keep(rule.needed(for: question.purpose), else: .minimumNecessary)
        return answer(question, remaining, identity: rule.identity ?? [], consentID)
    }

    private static func isWithin(_ agency: AgencyLaw, _ question: AccessQuestion) -> Bool {
        question.requester.agencyID == agency.agencyID
            && (question.participant.map { $0.agencyID == agency.agencyID } ?? true)
    }

    /// Nobody in particular is asked about in a search that found nobody and where people are only counted: that is for
    /// those who work for the whole agency, and for whoever keeps its records.
    private static func isConnected(_ question: AccessQuestion, by rule: AccessRule) -> Bool {
        if let participant = question.participant { return rule.relationships.contains(participant.relationship) }
        // What peers keep to themselves is about a peer, and whose it is their service knows.
        return question.classes.isSubset(of: [.peerPrivate])
            || !rule.relationships.isDisjoint(with: [.agency, .suite, .custodian])
    }

    /// The consent that lets it leave the programme; withholds what none lets through.
    private func consent(
        to question: AccessQuestion, under agency: AgencyLaw, _ remaining: inout Remaining
    ) -> ConsentID? {
        guard let participant = question.participant else { return nil }
        let isCare: Set<PurposeOfUse> = [.treatment, .emergencyTreatment, .payment, .operations]
        // 45 CFR 164.506: a covered entity that is no Part 2 programme needs none for care, its payment and operations.
        let isFree = !agency.isPart2Program && agency.isCoveredEntity && isCare.contains(question.purpose)
        let needing = isFree ? remaining.classes.intersection(veryRestricted) : remaining.classes
        guard !needing.isEmpty else { return nil }
        guard participant.consentsAreCurrent else {
            remaining.withhold(needing, because: .consentUnknown)
            return nil
        }
        let found = ConsentSearch.best(for: question, of: needing, in: participant)
        remaining.withhold(needing.subtracting(found.classes), because: found.refusal)
        return found.consentID
    }

    private func decide(_ question: AccessQuestion, in emergency: Emergency) -> Decision {
        guard emergency.covers(question) else { return .refused(.emergency) }
        var remaining = Remaining(question.classes)
        remaining.keep(self.emergency.classes, else: .minimumNecessary)
        return answer(question, remaining, identity: self.emergency.identity, nil)
    }

    private func answer(
        _ question: AccessQuestion, _ remaining: Remaining, identity: Set<IdentityField>, _ consentID: ConsentID?
    ) -> Decision {
        var remaining = remaining
        // Whoever is told anything about a participant is told that there is one.
        if let reason = remaining.withheld[.presence] { remaining.withhold(remaining.classes, because: reason) }
        if remaining.classes.isEmpty, !question.classes.isEmpty, question.participant?.relationship != .sender {
            return .refused(remaining.firstReason(of: question.classes) ?? .role)
        }
        let isDisclosure =
            (question.requester.isOutside || question.emergency != nil) && !remaining.classes.isEmpty
        return .allowed(
            Permit(
                classes: remaining.classes,
                identityFields: remaining.classes.contains(.identity) ? identity : [],
                purpose: question.purpose, consentID: isDisclosure ? consentID : nil, isDisclosure: isDisclosure,
                emergencyID: question.emergency?.emergencyID, ruleVersion: version, withheld: remaining.withheld
            ))
    }
}

/// What is left of the classes that were asked for, and why the others went.
private struct Remaining {
    var classes: Set<DataClass>
    var withheld: [DataClass: Refusal] = [:]

    init(_ classes: Set<DataClass>) {
        self.classes = classes
    }

    mutating func keep(_ kept: Set<DataClass>, else reason: Refusal) {
        withhold(classes.subtracting(kept), because: reason)
    }

    mutating func withhold(_ gone: Set<DataClass>, because reason: Refusal) {
        for dataClass in gone where classes.remove(dataClass) != nil { withheld[dataClass] = reason }
    }

    /// The reason that counts for the whole: that of presence, otherwise of the first class in their order.
    func firstReason(of asked: Set<DataClass>) -> Refusal? {
        DataClass.allCases.lazy.compactMap { withheld[$0] }.first
    }
}
