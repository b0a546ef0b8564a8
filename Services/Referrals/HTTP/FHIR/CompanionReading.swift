internal import FHIR
internal import Models
internal import Postgres
internal import ReferralsDomain

/// What came along with a partner's referrals, as that partner reads it.
struct CompanionReading: Sendable {
    let store: Store
    let partnerID: PartnerID
    let rendering: ResourceRendering

    /// Each resource with the referral that it belongs to: that one says whom it is about.
    ///
    /// - Parameter known: referrals that were read already.
    func documents(
        of resources: [StoredResource], known: [TakenIn] = [], in work: Work
    ) async throws -> [(document: FHIRDocument, taken: TakenIn)] {
        var referrals = Dictionary(known.map { ($0.stored.referral.referralID, $0) }, uniquingKeysWith: { $1 })
        let missing = Set(resources.map(\.referralID)).subtracting(referrals.keys).sorted()
        let stored = try await store.load(missing, in: work).filter { $0.referral.partnerID == partnerID }
        for taken in try await store.answers(stored, to: partnerID, in: work) {
            referrals[taken.stored.referral.referralID] = taken
        }
        let people = Set(resources.filter { $0.kind == "Consent" }.map(\.participantID)).sorted()
        let tellings = people.isEmpty ? [:] : try await store.telling(of: people, in: work)
        return try resources.compactMap { resource in
            guard let taken = referrals[resource.referralID] else { return nil }
            var document = try rendering.other(resource, ids: taken.senderIDs)
            if resource.kind == "Consent", let telling = tellings[resource.participantID] {
                document = document.current(under: telling.consents, of: partnerID, at: work.now)
            }
            return (document, taken)
        }
    }
}
