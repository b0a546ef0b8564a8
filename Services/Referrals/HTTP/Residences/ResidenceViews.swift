internal import Models
internal import ReferralsDomain
internal import ServiceKit

/// A residence as it is shown: what it is, what its type means, how many beds there are as of when, and what is to be said
/// where it refuses a medication.
struct ResidenceView: Encodable {
    /// How many beds there are.
    struct Beds: Encodable {
        let total: Int
        let open: Int
        let byKind: [BedCount]
        /// When staff last said that this is right.
        let confirmedAt: Instant
        let isStale: Bool
    }

    /// What is said beside a medication that is refused.
    struct Warning: Encodable {
        let medication: Residence.Medication
        let text: String
        let grounds: [ResidencePolicy.Word]
    }

    let residenceID: ResidenceID
    let version: Int
    let km: Double?
    let residence: Residence
    let type: ResidencePolicy.Kind?
    let typeNote: String
    let hasExpiredCertificate: Bool
    let warnings: [Warning]
    let beds: Beds

    init(_ stored: StoredResidence, _ counts: [BedCount], km: Double? = nil, policy: ResidencePolicy, at now: Instant) {
        residenceID = stored.residenceID
        version = stored.version
        self.km = km.map { ($0 * 100).rounded() / 100 }
        residence = stored.residence
        type = policy.type(stored.residence.type)
        typeNote = policy.typesNote
        hasExpiredCertificate = stored.residence.certificate?.expiresOn.map { $0 < now.dateInUTC } ?? false
        warnings = stored.residence.refusedMedications.map {
            Warning(
                medication: $0, text: policy.medicationWarning.text, grounds: policy.medicationWarning.grounds)
        }
        beds = Beds(
            total: counts.reduce(0) { $0 + $1.total }, open: counts.reduce(0) { $0 + $1.open }, byKind: counts,
            confirmedAt: stored.confirmedAt, isStale: policy.isStale(stored.confirmedAt, at: now))
    }
}

/// `POST …/confirm`.
struct ConfirmBody: Decodable, Sendable {
    /// What a residence outside the agency says that it has.
    var counts: [BedCount]
}

/// `POST …/beds`, `PUT …/beds/{bedID}`.
struct BedBody: Decodable, Sendable {
    /// What the house calls it.
    var label: String
    var kind: BedKind
    /// `in-service` where it is absent.
    var service: Bed.Service?

    func checked() throws(Faults) -> BedBody {
        // Counted as PostgreSQL counts, and JSON Schema: one letter that is seen may be several characters.
        guard label.nonBlank != nil, label.unicodeScalars.count <= 60 else {
            throw Faults([Fault("/label", "1 to 60 characters")])
        }
        return self
    }
}

/// A bed, and who has it, where the caller may be told.
struct BedView: Encodable {
    let bedID: BedID
    let residenceID: ResidenceID
    let label: String
    let kind: BedKind
    let service: Bed.Service
    /// `open`, `held`, `hold-ended`, `occupied`; nil where it is not in service, and where nobody looked who has it.
    let state: State?
    let placementID: PlacementID?
    let participantID: ParticipantID?
    let since: Instant?
    let heldUntil: Instant?
    let version: Int

    enum State: String, Encodable {
        case open, held, occupied
        /// Whoever it was held for has not moved in: it may be given to another.
        case holdEnded = "hold-ended"
    }

    /// The bed alone, as the answer to who describes it: who has it is another question, and another disclosure.
    init(_ bed: Bed) {
        (bedID, residenceID, label) = (bed.bedID, bed.residenceID, bed.label)
        (kind, service, version) = (bed.kind, bed.service, bed.version)
        (state, placementID, participantID, since, heldUntil) = (nil, nil, nil, nil, nil)
    }

    /// - Parameter telling: whether the caller may be told who has it.
    init(_ stored: StoredBed, telling: Bool, at now: Instant) {
        (bedID, residenceID, label) = (stored.bed.bedID, stored.bed.residenceID, stored.bed.label)
        (kind, service, version) = (stored.bed.kind, stored.bed.service, stored.bed.version)
        state =
            if let taken = stored.taken {
                taken.status == .movedIn ? .occupied : taken.heldUntil.map { $0 > now } == true ? .held : .holdEnded
            } else {
                stored.bed.service == .inService ? .open : nil
            }
        placementID = telling ? stored.taken?.placementID : nil
        participantID = telling ? stored.taken?.participantID : nil
        since = stored.taken?.from
        heldUntil = stored.taken?.heldUntil
    }
}
