internal import Crypto
internal import FoundationEssentials
internal import JSON
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

/// Lists that the directory is fed from: what is the same is not touched, what vanished is kept as gone, and a feed that is
/// broken, or shrinks by half, changes nothing.
extension Store {
    /// Imports a feed.
    ///
    /// - Parameter reading: what the feed was read as, before the transaction: it takes long and needs no row.
    /// - Throws: ``StoreError`` `notFound` where it approves what was not held, or another content.
    func take(_ feed: SentFeed, readAs reading: FeedReading, in work: Work) async throws -> DirectoryImport {
        let digest = Array(SHA256.hash(data: feed.body))
        let rows = try await work.tx.query(
            .lockDirectoryFeed, work.agencyID, ids.new(DirectoryFeedID.self), feed.name, work.now)
        guard let feedID = try rows.first?.decode(DirectoryFeedID.self) else { throw StoreError(.raced) }
        if let approved = feed.approves {
            let held = try await work.tx.query(.heldDirectoryImport, work.agencyID, approved, feedID).first
            guard try held?.decode([UInt8].self) == digest else { throw StoreError(.notFound) }
        }
        let entries = try await zonesChecked(reading.entries, in: work)
        let sealed = try entries.map { (entry: $0, document: try JSONValue.text(of: $0)) }
        let change = FeedChange(
            from: try await listed(by: feedID, in: work),
            to: sealed.map { ($0.entry, Array(SHA256.hash(data: $0.document))) })
        let fault: (outcome: DirectoryImport.Outcome, text: String?) =
            if let broken = reading.fault {
                (.refused, broken)
            } else if change.shrinksTooFar && feed.approves == nil {
                (.held, "\(change.gone.count) of what is listed would vanish: send it again with approves=")
            } else {
                (.applied, nil)
            }
        if fault.outcome == .applied {
            let documents = Dictionary(uniqueKeysWithValues: sealed.map { ($0.entry.foreignID, $0.document) })
            try await put(change.added + change.changed, documents, of: feedID, in: work)
            if !change.gone.isEmpty {
                try await work.tx.execute(
                    .markDirectoryEntriesGone, work.agencyID, feedID, work.now, change.gone)
            }
        }
        let isBroken = fault.outcome == .refused
        let report = DirectoryImport(
            importID: ids.new(), kind: feed.kind.rawValue, outcome: fault.outcome, fault: fault.text,
            taken: entries.count, added: change.added.count, changed: change.changed.count,
            unchanged: change.unchanged, gone: isBroken ? 0 : change.gone.count, refused: reading.refusals.count,
            placeless: entries.count { $0.isInPerson && $0.position == nil },
            refusals: Array(reading.refusals.prefix(DirectoryImport.keptRefusals)), importedAt: work.now,
            importedBy: feed.by)
        try await work.tx.execute(
            .insertDirectoryImport, work.agencyID, report.importID, feedID, report.kind, digest,
            report.outcome.rawValue, report.fault, report.taken, report.added, report.changed, report.unchanged,
            report.gone, report.refused, report.placeless, JSONB(try JSONValue.text(of: report.refusals)),
            report.importedAt, report.importedBy)
        return report
    }

    /// The entries without zones that nobody knows.
    private func zonesChecked(_ entries: [DirectoryEntry], in work: Work) async throws -> [DirectoryEntry] {
        let named = Set(entries.compactMap(\.zone))
        guard !named.isEmpty else { return entries }
        let known: [String] = try await work.tx.query(.knownZones, named.sorted()).map { try $0.column("name") }
        guard known.count != named.count else { return entries }
        return entries.map { entry in
            var entry = entry
            if let zone = entry.zone, !known.contains(zone) { entry.zone = nil }
            return entry
        }
    }

    private func listed(
        by feed: DirectoryFeedID, in work: Work
    ) async throws -> [String: FeedChange<[UInt8]>.Listed] {
        var listed: [String: FeedChange<[UInt8]>.Listed] = [:]
        for row in try await work.tx.query(.listDirectoryDigests, work.agencyID, feed) {
            let (id, digest, isGone) = try row.decode((String, [UInt8], Bool).self)
            listed[id] = .init(digest, isGone: isGone)
        }
        return listed
    }

    /// All in one statement: four thousand single ones would take seconds.
    private func put(
        _ entries: [DirectoryEntry], _ documents: [String: [UInt8]], of feed: DirectoryFeedID, in work: Work
    ) async throws {
        guard !entries.isEmpty else { return }
        let texts = entries.map { documents[$0.foreignID] ?? [] }
        try await work.tx.execute(
            .putDirectoryEntries, work.agencyID, feed, work.now, entries.map { _ in ids.new(DirectoryEntryID.self) },
            entries.map(\.foreignID), texts.map { Array(SHA256.hash(data: $0)) }, entries.map(\.shelf.code),
            entries.map { $0.cell.map { Int32($0) } }, entries.map { $0.position?.latitude },
            entries.map { $0.position?.longitude }, entries.map(\.isOnline), entries.map(\.zone),
            entries.map { Self.joined($0.hours.map(\.opens)) }, entries.map { Self.joined($0.hours.map(\.closes)) },
            entries.map { $0.tags.joined(separator: " ") }, entries.map { $0.minimumAge.map { Int32($0) } },
            entries.map { $0.maximumAge.map { Int32($0) } }, entries.map { $0.openPlaces.map { Int32($0) } },
            entries.map(\.assuredAt), texts.map { JSONB($0) })
    }

    /// Arrays of arrays are not sent.
    private static func joined(_ numbers: [Int]) -> String { numbers.map(String.init).joined(separator: ",") }
}

/// Reading what became of feeds.
extension Store {
    func directoryFeeds(in work: Work) async throws -> [DirectoryFeed] {
        try await work.tx.query(.listDirectoryFeeds, work.agencyID).map { row in
            let (id, name, listed) = try row.decode((DirectoryFeedID, String, Int).self)
            return DirectoryFeed(feedID: id, name: name, listed: listed)
        }
    }

    /// The reports of a feed, the latest first, without their refusals.
    ///
    /// - Throws: ``StoreError`` `notFound`.
    func directoryImports(
        of name: String, before: DirectoryImportID?, atMost limit: Int, in work: Work
    ) async throws -> [DirectoryImport] {
        let feed = try await directoryFeed(named: name, in: work)
        return try await work.tx.query(
            .listDirectoryImports, work.agencyID, feed, before ?? .last, limit
        ).map { try DirectoryImport(row: $0) }
    }

    /// One report with its refusals.
    ///
    /// - Throws: ``StoreError`` `notFound`.
    func directoryImport(
        _ id: DirectoryImportID, of name: String, in work: Work
    ) async throws -> DirectoryImport {
        let feed = try await directoryFeed(named: name, in: work)
        guard let row = try await work.tx.query(.readDirectoryImport, work.agencyID, id, feed).first else {
            throw StoreError(.notFound)
        }
        return try DirectoryImport(row: row)
    }

    private func directoryFeed(named name: String, in work: Work) async throws -> DirectoryFeedID {
        guard let row = try await work.tx.query(.findDirectoryFeed, work.agencyID, name).first else {
            throw StoreError(.notFound)
        }
        return try row.decode(DirectoryFeedID.self)
    }
}

extension DirectoryImport {
    fileprivate init(row: Row) throws {
        guard let outcome = Outcome(rawValue: try row.column("outcome")) else { throw StoreError(.unknownCode) }
        let refusals: JSONB = try row.column("refusals")
        self.init(
            importID: try row.column("import_id"), kind: try row.column("kind"), outcome: outcome,
            fault: try row.column("fault"), taken: try row.column("taken"), added: try row.column("added"),
            changed: try row.column("changed"), unchanged: try row.column("unchanged"), gone: try row.column("gone"),
            refused: try row.column("refused"), placeless: try row.column("placeless"),
            refusals: try JSONValue.decode(from: refusals.bytes), importedAt: try row.column("imported_at"),
            importedBy: try row.column("imported_by"))
    }
}
