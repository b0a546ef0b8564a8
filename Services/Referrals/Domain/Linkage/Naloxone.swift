public import Models

public typealias NaloxoneKitID = ID<NaloxoneKit>
public typealias ReversalID = ID<Reversal>

/// Naloxone that was handed out.
public struct NaloxoneKit: Hashable, Sendable {
    /// To whom. Of anonymous people nothing is known but the day.
    public enum Recipient: String, Codable, CaseIterable, Hashable, Sendable {
        case participant, family, agency, anonymous
    }

    public let kitID: NaloxoneKitID
    public let givenOn: CivilDate
    public let recipient: Recipient
    /// Who was given it, or whose family; nil for agencies and anonymous people.
    public let participantID: ParticipantID?
    /// A code of ``LinkageCatalogue/naloxoneProducts``: what it is, in which form and dose.
    public let product: String
    public let lot: String?
    public let expiresOn: CivilDate?
    public let count: Int
    /// What was shown, by codes of ``LinkageCatalogue/naloxoneTraining``.
    public let training: [String]
    /// A code of ``LinkageCatalogue/naloxoneRefills``.
    public let refill: String

    public init(
        kitID: NaloxoneKitID, givenOn: CivilDate, recipient: Recipient, participantID: ParticipantID?, product: String,
        lot: String?, expiresOn: CivilDate?, count: Int, training: [String], refill: String
    ) {
        (self.kitID, self.givenOn, self.recipient, self.participantID) = (kitID, givenOn, recipient, participantID)
        (self.product, self.lot, self.expiresOn, self.count) = (product, lot, expiresOn, count)
        (self.training, self.refill) = (training, refill)
    }

    /// What is wrong with it.
    public func faults(_ catalogue: LinkageCatalogue, today: CivilDate) -> [Fault] {
        var found: [Fault] = []
        switch recipient {
        case .participant: if participantID == nil { found.append(Fault("/participantID", "who was given it")) }
        case .family: break
        case .agency, .anonymous:
            if participantID != nil { found.append(Fault("/participantID", "nobody is named here")) }
        }
        if givenOn > today { found.append(Fault("/givenOn", "not in the future")) }
        if !catalogue.naloxoneProducts.has(product) {
            found.append(Fault("/product", catalogue.naloxoneProducts.oneOf))
        }
        if let lot, !isLot(lot) { found.append(Fault("/lot", "1 to 20 letters, digits and hyphens")) }
        if let expiresOn, expiresOn < givenOn { found.append(Fault("/expiresOn", "not expired when it is given")) }
        if !(1...500).contains(count) { found.append(Fault("/count", "1 to 500")) }
        if !training.allSatisfy(catalogue.naloxoneTraining.has) || Set(training).count != training.count {
            found.append(Fault("/training", "each once: \(catalogue.naloxoneTraining.oneOf)"))
        }
        if !catalogue.naloxoneRefills.has(refill) { found.append(Fault("/refill", catalogue.naloxoneRefills.oneOf)) }
        return found
    }

    private func isLot(_ text: String) -> Bool {
        (1...20).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D
            }
    }
}

/// Naloxone that was given to somebody.
public struct Reversal: Hashable, Sendable {
    public let reversalID: ReversalID
    public let happenedOn: CivilDate
    /// Who was given it; nil where nobody knows, or they did not want it kept.
    public let participantID: ParticipantID?
    /// A code of ``LinkageCatalogue/reversalPlaces``.
    public let place: String
    public let doses: Int
    /// A code of ``LinkageCatalogue/reversalGivers``.
    public let givenBy: String
    /// Nil where nobody knows.
    public let survived: Bool?
    /// Whether emergency medical services were called; nil where nobody knows.
    public let isEMSCalled: Bool?

    public init(
        reversalID: ReversalID, happenedOn: CivilDate, participantID: ParticipantID?, place: String, doses: Int,
        givenBy: String, survived: Bool?, isEMSCalled: Bool?
    ) {
        (self.reversalID, self.happenedOn, self.participantID) = (reversalID, happenedOn, participantID)
        (self.place, self.doses, self.givenBy) = (place, doses, givenBy)
        (self.survived, self.isEMSCalled) = (survived, isEMSCalled)
    }

    /// What is wrong with it.
    public func faults(_ catalogue: LinkageCatalogue, today: CivilDate) -> [Fault] {
        var found: [Fault] = []
        if happenedOn > today { found.append(Fault("/happenedOn", "not in the future")) }
        if !catalogue.reversalPlaces.has(place) { found.append(Fault("/place", catalogue.reversalPlaces.oneOf)) }
        if !(1...20).contains(doses) { found.append(Fault("/doses", "1 to 20")) }
        if !catalogue.reversalGivers.has(givenBy) { found.append(Fault("/givenBy", catalogue.reversalGivers.oneOf)) }
        return found
    }
}
