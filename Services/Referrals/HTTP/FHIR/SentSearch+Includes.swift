internal import FHIR
internal import FoundationEssentials
internal import Models
internal import Postgres
internal import ReferralsDomain

/// What comes along with matches: `_include` and `_revinclude`. All of it is the caller's own, or about the agency.
extension SentSearch {
    /// What comes along, and of which referrals it is told: a reference can lead to somebody else whom the caller referred.
    struct Included: Sendable {
        var documents: [FHIRDocument] = []
        var taken: [TakenIn] = []
    }

    /// The resources that were asked for beside the matches, each once.
    ///
    /// - Throws: 403 where the token may not read what it asks for.
    func included(with matches: [Match], in work: Work) async throws -> Included {
        var found = Included(documents: try await reverse(with: matches, in: work))
        var seen = Set((matches.map(\.document) + found.documents).map(Self.address))
        var wanted: [String: Set<UUID>] = [:]
        for include in type.includes where query.includes.contains(include.name) {
            for match in matches {
                for (kind, id) in match.document.references(at: include.path, baseURL: baseURL) {
                    guard let alias = UUID(uuidString: id), seen.insert("\(kind)/\(alias.lowercasedText)").inserted
                    else { continue }
                    wanted[kind, default: []].insert(alias)
                }
            }
        }
        for (kind, aliases) in wanted.sorted(by: { $0.key < $1.key }) {
            try caller.require(.read, kind)
            let more = try await resources(kind, aliases, among: matches.map(\.taken), in: work)
            found.documents += more.documents
            found.taken += more.taken
        }
        return found
    }

    private func reverse(with matches: [Match], in work: Work) async throws -> [FHIRDocument] {
        guard !query.reverseIncludes.isEmpty else { return [] }
        try caller.require(.read, "Task")
        let tasks = try await documents("Task", of: matches.map(\.taken), in: work)
        return matches.compactMap { tasks[$0.taken.stored.referral.referralID] }
    }

    /// Resources of one type under the caller's ids.
    private func resources(
        _ kind: String, _ aliases: Set<UUID>, among matches: [TakenIn], in work: Work
    ) async throws -> Included {
        if kind == "ServiceRequest" {
            let own = matches.filter { $0.senderIDs.map { aliases.contains($0.referralID) } ?? false }
            let orders = try await documents(kind, of: own, in: work)
            return Included(documents: own.compactMap { orders[$0.stored.referral.referralID] })
        }
        var found = Included()
        if kind == "Organization", aliases.contains(rendering.agency.agencyID.rawValue) {
            found.documents.append(try rendering.organization)
        }
        let received = try await store.received(kind, aliases.sorted(), of: caller.partnerID, in: work)
        let reading = CompanionReading(store: store, partnerID: caller.partnerID, rendering: rendering)
        let resources = received.values.sorted { $0.aliasID < $1.aliasID }
        for (document, taken) in try await reading.documents(of: resources, known: matches, in: work) {
            found.documents.append(document)
            found.taken.append(taken)
        }
        return found
    }

    private static func address(_ document: FHIRDocument) -> String { "\(document.resourceType)/\(document.id ?? "")" }
}
