internal import FHIR
internal import FoundationEssentials
internal import Models
internal import Postgres
internal import ReferralsDomain

/// What comes along with matches: `_include` and `_revinclude`. All of it is the caller's own, or about the agency.
extension SentSearch {
    /// The resources that were asked for beside the matches, each once.
    ///
    /// - Throws: 403 where the token may not read what it asks for.
    func included(with matches: [Match], in work: Work) async throws -> [FHIRDocument] {
        var found = try await reverse(with: matches, in: work)
        var seen = Set((matches.map(\.document) + found).map(Self.address))
        var wanted: [String: [UUID: TakenIn]] = [:]
        for include in type.includes where query.includes.contains(include.name) {
            for match in matches {
                for (kind, id) in match.document.references(at: include.path, baseURL: baseURL) {
                    guard let alias = UUID(uuidString: id), seen.insert("\(kind)/\(alias.lowercasedText)").inserted
                    else { continue }
                    wanted[kind, default: [:]][alias] = match.taken
                }
            }
        }
        for (kind, aliases) in wanted.sorted(by: { $0.key < $1.key }) {
            try caller.require(.read, kind)
            found += try await resources(kind, aliases, in: work)
        }
        return found
    }

    private func reverse(with matches: [Match], in work: Work) async throws -> [FHIRDocument] {
        guard !query.reverseIncludes.isEmpty else { return [] }
        try caller.require(.read, "Task")
        let tasks = try await documents("Task", of: matches.map(\.taken), in: work)
        return matches.compactMap { tasks[$0.taken.stored.referral.referralID] }
    }

    /// Resources of one type under the caller's ids, each with the referral that it was found through.
    private func resources(
        _ kind: String, _ aliases: [UUID: TakenIn], in work: Work
    ) async throws -> [FHIRDocument] {
        let taken = aliases.sorted { $0.key.uuidString < $1.key.uuidString }
        if kind == "ServiceRequest" {
            let own = taken.filter { $0.value.senderIDs?.referralID == $0.key }.map(\.value)
            let orders = try await documents(kind, of: own, in: work)
            return own.compactMap { orders[$0.stored.referral.referralID] }
        }
        var found: [FHIRDocument] = []
        if kind == "Organization", aliases[rendering.agency.agencyID.rawValue] != nil {
            found.append(try rendering.organization)
        }
        let received = try await store.received(kind, taken.map(\.key), of: caller.partnerID, in: work)
        let people = Set(received.values.map(\.participantID)).sorted()
        let tellings = kind == "Consent" && !people.isEmpty ? try await store.telling(of: people, in: work) : [:]
        for (alias, taken) in taken {
            guard let stored = received[alias] else { continue }
            var document = try rendering.other(stored, ids: taken.senderIDs)
            if let telling = tellings[stored.participantID] {
                document = document.current(under: telling.consents, of: caller.partnerID, at: work.now)
            }
            found.append(document)
        }
        return found
    }

    private static func address(_ document: FHIRDocument) -> String { "\(document.resourceType)/\(document.id ?? "")" }
}
