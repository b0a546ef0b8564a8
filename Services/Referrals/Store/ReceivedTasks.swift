internal import FoundationEssentials
internal import MessageTable
internal import Models
internal import Postgres

extension Statement {
    static let listReceivedOfKind = Statement(
        "received_resource.list_of_kind",
        """
        select r.kind, r.alias_id, r.referral_id, r.participant_id, r.version, r.content, r.received_at, p.data_key
        from referral.received_resource as r
        join referral.participant as p on p.agency_id = r.agency_id and p.participant_id = r.participant_id
        where r.agency_id = $1 and r.partner_id = $2 and r.kind = $3 and r.alias_id = any($4)
        """
    )

    static let findAgency = Statement(
        "agency.find",
        """
        select name, part2_program
        from handrail.agency
        where agency_id = $1
        """
    )
}

/// What an agency says of itself to those who refer to it.
struct AgencyProfile: Hashable, Sendable {
    let agencyID: AgencyID
    let name: String
    /// Whether its records are under 42 CFR Part 2.
    let isPart2Program: Bool
}

extension Store {
    /// Resources of one type under the partner's ids, in one statement: a page of a search needs all of them.
    func received(
        _ kind: String, _ aliases: [UUID], of partner: PartnerID, in work: Work
    ) async throws -> [UUID: StoredResource] {
        guard !aliases.isEmpty else { return [:] }
        var found: [UUID: StoredResource] = [:]
        for row in try await work.tx.query(.listReceivedOfKind, work.agencyID, partner, kind, aliases) {
            let resource = try read(row, in: work)
            found[resource.aliasID] = resource
        }
        return found
    }

    /// The agency of the transaction.
    func agency(in work: Work) async throws -> AgencyProfile {
        guard let row = try await work.tx.query(.findAgency, work.agencyID).first else { throw StoreError(.notFound) }
        let (name, isPart2Program) = try row.decode((String, Bool).self)
        return AgencyProfile(agencyID: work.agencyID, name: name, isPart2Program: isPart2Program)
    }
}
