internal import JSON
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

/// A feed.
struct DirectoryFeedView: Encodable {
    let feed: String
    let listed: Int

    init(_ feed: DirectoryFeed) {
        (self.feed, listed) = (feed.name, feed.listed)
    }
}

/// The report of an import.
struct DirectoryImportView: Encodable {
    let importID: DirectoryImportID
    let kind: String
    let outcome: DirectoryImport.Outcome
    let fault: String?
    let taken: Int
    let added: Int
    let changed: Int
    let unchanged: Int
    let gone: Int
    let refused: Int
    let placeless: Int
    let refusals: [FeedRefusal]
    let importedAt: Instant
    let importedBy: String

    init(_ report: DirectoryImport) {
        (importID, kind, outcome, fault) = (report.importID, report.kind, report.outcome, report.fault)
        (taken, added, changed, unchanged) = (report.taken, report.added, report.changed, report.unchanged)
        (gone, refused, placeless, refusals) = (report.gone, report.refused, report.placeless, report.refusals)
        (importedAt, importedBy) = (report.importedAt, report.importedBy)
    }
}

/// An entry as it was found: where, when it is open, whether it is to be trusted, and all that is known of it.
struct FoundEntryView: JSONWritable {
    let found: FoundEntry
    let at: Instant

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("entryID", found.entryID.description)
            json.field("km", ifPresent: found.km.map { ($0 * 100).rounded() / 100 })
            json.field("isOpen", ifPresent: found.wait.map { $0 == 0 })
            if found.wait != 0 { json.field("opensAt", ifPresent: found.opensAt?.description) }
            json.field("assuredAt", ifPresent: found.assuredAt?.description)
            json.field("isStale", Assurance.isStale(found.assuredAt, at: at))
            json.field("isDoubted", found.isDoubted)
            json.field("entry", json: found.document.bytes)
        }
    }
}
