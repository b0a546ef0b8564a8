internal import FoundationEssentials
internal import Models
internal import Postgres

/// The sealed audit trail of one schema, read in one transaction as the owner of its tables.
struct SealedTrail {
    private typealias Fault = AuditVerification.Fault

    private let transaction: Transaction
    private let schema: String
    private let keys: AuditPublicKeys?
    private let now: Instant
    /// Seals at a time.
    private let pageSize: Int
    private(set) var report = AuditVerification.Report()
    /// Where each agency's chain ends, and the first transaction that was looked at.
    private var ends: [(agency: AgencyID, toXID: Int64)] = []
    private var firstXID = Int64.max

    init(_ transaction: Transaction, schema: String, keys: AuditPublicKeys?, now: Instant, pageSize: Int) {
        (self.transaction, self.schema, self.keys) = (transaction, schema, keys)
        (self.now, self.pageSize) = (now, pageSize)
    }

    /// Those that have a chain, or signatures of one.
    func agencies() async throws -> [AgencyID] {
        try await transaction.query(SealedTrailStatements.agencies).map { try $0.decode(AgencyID.self) }
    }

    /// Reads one agency's chain with all rows that it covers, or the newer part of both.
    mutating func check(_ agency: AgencyID, since: Instant?) async throws {
        var number: Int64 = 0
        if let since {
            number = try await transaction.query(SealedTrailStatements.start, agency, since)[0].decode(Int64.self)
        }
        // The one in front of the first is only followed on. Where it is gone, that shows as a gap.
        let before = try await transaction.query(SealedTrailStatements.seals, agency, number - 1, 1).map(Self.seal)
            .first
        var chain = ChainCheck(
            agency, schema: schema, after: number, before?.number == number ? before : nil, keys: keys, at: now)
        var toXID: Int64 = 0
        let retired = try RetiredRows(try await transaction.query(SealedTrailStatements.retired, agency), at: now)
        while true {
            let seals = try await transaction.query(SealedTrailStatements.seals, agency, number, pageSize)
                .map(Self.seal)
            guard let first = seals.first, let last = seals.last else { break }
            var rows = try await transaction.stream(
                SealedTrailStatements.rows, agency, "\(first.fromXID)", "\(last.toXID)", seals.map(\.fromXID)
            ).makeAsyncIterator()
            var row = try await rows.next().map(SealedRow.init)
            for (place, seal) in seals.enumerated() {
                var check = SealCheck(seal, retired: retired.share(of: seal.number, madeAt: chain.madeAt(seal)))
                while let present = row, present.place <= place + 1 {
                    check.add(present.key, text: present.text)
                    report.rows += 1
                    row = try await rows.next().map(SealedRow.init)
                }
                report.faults += chain.next(seal, check)
                firstXID = min(firstXID, seal.fromXID)
            }
            report.seals += seals.count
            (number, toXID) = (last.number, last.toXID)
        }
        ends.append((agency, toXID))
        // A chain that was cut off at its end leaves signatures behind, unless those were cut as well: for that there
        // are logs.
        if let cut = try await transaction.query(SealedTrailStatements.signedBehind, agency, number).first {
            let gone = try cut.decode(Int64?.self)
            if let gone {
                report.faults.append(Fault(agencyID: agency, sealNumber: gone, kind: .sealMissing, row: nil))
            }
        }
    }

    /// Looks for rows behind the last seal of their agency that are yet from before the last seal of all.
    mutating func lookBehindSeals() async throws {
        guard firstXID < .max else { return }
        report.faults += try await transaction.query(
            SealedTrailStatements.inserted, "\(firstXID)", ends.map(\.agency), ends.map { "\($0.toXID)" }
        ).map { row in
            let (agency, at, id) = try row.decode((AgencyID, Instant, UUID).self)
            return Fault(agencyID: agency, sealNumber: nil, kind: .inserted, row: AuditRowKey(at: at, auditID: id))
        }
    }

    /// Finds seals that are not those that logs tell of, or not there at all. What a log tells without a signature counts
    /// as well: it can only accuse.
    mutating func compare(_ heads: [AuditHead]) async throws {
        func isForged(_ head: AuditHead, _ keys: AuditPublicKeys?) -> Bool {
            guard let keys, let signature = head.signature else { return false }
            return !keys.vouch(for: head, by: signature)
        }
        report.faults += heads.filter { isForged($0, keys) }.map {
            Fault(agencyID: $0.agencyID, sealNumber: $0.number, kind: .headForged, row: nil)
        }
        let credible = heads.filter { !isForged($0, keys) }
        report.faults += try await transaction.query(
            SealedTrailStatements.contradicted, credible.map(\.agencyID), credible.map(\.number), credible.map(\.hash)
        ).map { row in
            let (agency, number) = try row.decode((AgencyID, Int64).self)
            return Fault(agencyID: agency, sealNumber: number, kind: .headContradicted, row: nil)
        }
    }

    private static func seal(_ row: Row) throws(PostgresError) -> AuditSeal {
        let (number, from, to, marks, previous, hash, sealedAt, keyID, signedAt, signature) = try row.decode(
            (Int64, Int64, Int64, [UInt8], [UInt8], [UInt8], Instant, String?, Instant?, [UInt8]?).self)
        return AuditSeal(
            number: number, fromXID: from, toXID: to, marks: marks, previousHash: previous, hash: hash,
            sealedAt: sealedAt, signature: AuditSignature(keyID: keyID, signedAt: signedAt, bytes: signature))
    }
}

/// One row of the trail.
private struct SealedRow {
    /// Of the seal that covers it, from 1 on the page.
    let place: Int
    let key: AuditRowKey
    let text: String

    init(_ row: Row) throws(PostgresError) {
        let (place, at, id, text) = try row.decode((Int, Instant, UUID, String).self)
        (self.place, key, self.text) = (place, AuditRowKey(at: at, auditID: id), text)
    }
}

/// Tables without a schema: the transaction has entered it.
private enum SealedTrailStatements {
    /// One probe of an index finds the next agency: years of seals are not read.
    static let agencies = Statement(
        "audit.sealed_agencies",
        """
        with recursive sealed as (
            (select agency_id from audit_seal order by agency_id limit 1)
            union all
            select (select s.agency_id from audit_seal as s where s.agency_id > a.agency_id order by s.agency_id limit 1)
            from sealed as a
            where a.agency_id is not null
        ), signed as (
            (select agency_id from audit_signature order by agency_id limit 1)
            union all
            select (
                select s.agency_id from audit_signature as s where s.agency_id > a.agency_id order by s.agency_id limit 1
            )
            from signed as a
            where a.agency_id is not null
        )
        select agency_id from sealed where agency_id is not null
        union
        select agency_id from signed where agency_id is not null
        order by agency_id
        """)

    /// The seal in front of the first that is read: of the last ones that were made before this time, the last but one; of
    /// a chain that has ended by then, the one in front of its last.
    static let start = Statement(
        "audit.first_seal_since",
        """
        select greatest(
            coalesce(
                (select seal_number from audit_seal where agency_id = $1 and sealed_at >= $2 order by sealed_at limit 1) - 2,
                (select max(seal_number) from audit_seal where agency_id = $1) - 1,
                0),
            0)
        """)

    static let seals = Statement(
        "audit.seals",
        """
        select s.seal_number, s.from_xid, s.to_xid, s.row_marks, s.previous_hash, s.hash, s.sealed_at, g.key_id,
            g.signed_at, g.signature
        from audit_seal as s
        left join audit_signature as g on g.agency_id = s.agency_id and g.seal_number = s.seal_number
        where s.agency_id = $1 and s.seal_number > $2
        order by s.seal_number
        limit $3
        """)

    /// A page of seals covers one range of transactions; each row belongs to the last seal that begins by its own. "Not
    /// distinct" can use no index: the key's, which begins with the agency, would read all of its rows for each page.
    static let rows = Statement(
        "audit.sealed_rows",
        """
        select width_bucket(e.xid::text::bigint, $4) as place, e.at, e.audit_id, e::text
        from audit_event as e
        where e.xid >= $2::xid8 and e.xid < $3::xid8 and e.agency_id is not distinct from $1
        order by place, e.at, e.audit_id
        """)

    static let retired = Statement(
        "audit.retired_months",
        """
        select (month + interval '1 month') at time zone 'UTC', last_seal, part_seals, part_hashes
        from audit_retirement
        where agency_id = $1
        order by month
        """)

    static let signedBehind = Statement(
        "audit.signed_behind",
        """
        select min(seal_number)
        from audit_signature
        where agency_id = $1 and seal_number > $2
        """)

    static let inserted = Statement(
        "audit.inserted_rows",
        """
        select e.agency_id, e.at, e.audit_id
        from (select to_xid from audit_seal order by to_xid desc limit 1) as last
        join audit_event as e on e.xid >= $1::xid8 and e.xid < last.to_xid
        left join unnest($2, $3) as own (agency_id, to_xid) on own.agency_id = e.agency_id
        where e.xid >= coalesce(own.to_xid, '0')::xid8
        order by e.agency_id, e.at, e.audit_id
        """)

    static let contradicted = Statement(
        "audit.contradicted",
        """
        select distinct h.agency_id, h.seal_number
        from unnest($1, $2, $3) as h (agency_id, seal_number, hash)
        left join audit_seal as s on s.agency_id = h.agency_id and s.seal_number = h.seal_number
        where encode(s.hash, 'hex') is distinct from h.hash
        order by h.agency_id, h.seal_number
        """)
}
