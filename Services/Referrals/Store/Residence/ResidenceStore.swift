internal import FoundationEssentials
internal import JSON
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

/// A residence as stored.
struct StoredResidence: Sendable {
    let residenceID: ResidenceID
    let version: Int
    let residence: Residence
    /// When staff last said that the numbers of beds are right.
    let confirmedAt: Instant
    let confirmedBy: String

    init(row: Row) throws {
        let document: JSONB = try row.column("document")
        residenceID = try row.column("residence_id")
        version = try row.column("version")
        residence = try JSONValue.decode(from: document.bytes)
        confirmedAt = try row.column("confirmed_at")
        confirmedBy = try row.column("confirmed_by")
    }
}

extension Store {
    /// Keeps a new residence.
    ///
    /// - Throws: `Faults` where its directory entry is not there.
    func insert(_ residence: Residence, as id: ResidenceID, by subject: String, in work: Work) async throws {
        _ = try await withEntryChecked {
            try await work.tx.execute(
                .insertResidence, work.agencyID, id, residence.entryID, residence.type,
                residence.serves.map(\.description), residence.weeklyCents, residence.medicationTags,
                residence.isListed, residence.position.map { Int32($0.cell) }, residence.position?.latitude,
                residence.position?.longitude, JSONB(try JSONValue.text(of: residence)), work.now, subject)
        }
    }

    /// Describes a residence anew.
    ///
    /// - Throws: ``StoreError`` `notFound`, `stale`; `Faults` where its directory entry is not there.
    func update(
        _ residence: Residence, _ id: ResidenceID, expecting version: Int, by subject: String, in work: Work
    ) async throws {
        guard let before = try await self.residence(id, in: work) else { throw StoreError(.notFound) }
        guard before.version == version else { throw StoreError(.stale) }
        let touched = try await withEntryChecked {
            try await work.tx.execute(
                .updateResidence, work.agencyID, id, version, residence.entryID, residence.type,
                residence.serves.map(\.description), residence.weeklyCents, residence.medicationTags,
                residence.isListed, residence.position.map { Int32($0.cell) }, residence.position?.latitude,
                residence.position?.longitude, JSONB(try JSONValue.text(of: residence)), work.now, subject)
        }
        guard touched == 1 else { throw StoreError(.stale) }
    }

    func residence(_ id: ResidenceID, in work: Work) async throws -> StoredResidence? {
        try await work.tx.query(.findResidences, work.agencyID, [id]).first.map { try StoredResidence(row: $0) }
    }

    /// The agency's residences, in the order in which they were entered.
    func residences(
        after: ResidenceID?, atMost limit: Int, in work: Work
    ) async throws -> [StoredResidence] {
        try await work.tx.query(.listResidences, work.agencyID, after ?? .first, limit)
            .map { try StoredResidence(row: $0) }
    }

    /// How many beds of each kind there are, by residence.
    func bedCounts(of ids: [ResidenceID], in work: Work) async throws -> [ResidenceID: [BedCount]] {
        guard !ids.isEmpty else { return [:] }
        var found: [ResidenceID: [BedCount]] = [:]
        for row in try await work.tx.query(.countBeds, work.agencyID, ids, work.now) {
            let (id, kind, total, open) = try row.decode((ResidenceID, BedKind, Int, Int).self)
            found[id, default: []].append(BedCount(kind, total: total, open: open))
        }
        return found.mapValues { $0.sorted { $0.kind.description < $1.kind.description } }
    }

    /// Somebody has looked, and the numbers are right; of a residence outside they say them.
    ///
    /// - Parameter counts: nil leaves them as they are.
    /// - Throws: ``StoreError`` `notFound`; `hasBeds` where the agency keeps the beds themselves.
    func confirm(
        _ id: ResidenceID, _ counts: [BedCount]?, by subject: String, in work: Work
    ) async throws {
        guard try await work.tx.query(.lockResidence, work.agencyID, id).first != nil else {
            throw StoreError(.notFound)
        }
        if let counts {
            guard try await !hasBeds(id, in: work) else { throw StoreError(.hasBeds) }
            work.tx.enqueue(.forgetCounts, work.agencyID, id)
            work.tx.enqueue(
                .insertCounts, work.agencyID, id, counts.map(\.kind.description), counts.map { Int32($0.total) },
                counts.map { Int32($0.open) })
        }
        try await work.tx.execute(.confirmResidence, work.agencyID, id, work.now, subject)
    }

    /// Whether the agency keeps the beds of a residence.
    func hasBeds(_ id: ResidenceID, in work: Work) async throws -> Bool {
        try await work.tx.query(.hasBeds, work.agencyID, id).first?.decode(Bool.self) ?? false
    }

    private func withEntryChecked<T: Sendable>(_ body: () async throws -> T) async throws -> T {
        do {
            return try await body()
        } catch let error as PostgresError where error.constraint == "residence_entry_fkey" {
            throw Faults([Fault("/entryID", "an entry of the agency's directory")])
        }
    }
}
