import Foundation
import Postgres
import TestKit

/// What came of it, counted by the superuser after everything has ended.
struct Verdict: Sendable {
    struct Group: Sendable {
        let name: String
        let handled: Int
        let lost: Int
        let doubled: Int
        let disordered: Int
        let dead: Int
    }

    let published: Int
    /// Published more than once, or without what it tells of, or the other way round.
    let torn: Int
    let acknowledged: Int
    /// Nobody knew whether they were committed; they were.
    let found: Int
    /// Acknowledged, and not there.
    let missing: Int
    let groups: [Group]

    var isFlawless: Bool {
        published > 0 && torn == 0 && missing == 0
            && groups.allSatisfy { $0.lost == 0 && $0.doubled == 0 && $0.disordered == 0 && $0.dead == 0 }
    }

    /// - Parameter folder: with the publishers' ledgers.
    static func read(_ pool: Pool, folder: String) async throws -> Verdict {
        var (acknowledged, found) = (0, 0)
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasPrefix("ledger-") {
            let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
            // The last line of one that was killed may be half a line.
            let lines = text.split(separator: "\n").filter { $0.hasSuffix(" acknowledged") || $0.hasSuffix(" found") }
            acknowledged += lines.count
            found += lines.count { $0.hasSuffix(" found") }
            for start in stride(from: 0, to: lines.count, by: 5000) {
                let parts = lines[start..<min(start + 5000, lines.count)].map { $0.split(separator: " ") }
                _ = try await pool.query(
                    insertLedger, parts.map { String($0[0]) }, parts.map { Int($0[1]) ?? 0 })
            }
        }
        let (published, torn, missing) = try await pool.query(totals)[0].decode((Int, Int, Int).self)
        let groups = try await pool.query(perGroup).map { row in
            let (name, handled, lost, doubled, disordered, dead) = try row.decode(
                (String, Int, Int, Int, Int, Int).self)
            return Group(
                name: name, handled: handled, lost: lost, doubled: doubled, disordered: disordered, dead: dead)
        }
        return Verdict(
            published: published, torn: torn, acknowledged: acknowledged, found: found, missing: missing,
            groups: groups)
    }

    func table() -> [String] {
        func row(_ title: String, _ numbers: [Int]) -> String {
            title.padding(toLength: 58, withPad: " ", startingAt: 0)
                + numbers.map { String("         \($0)".suffix(10)) }.joined()
        }
        return [
            row("published", [published]),
            row("  acknowledged to their publishers", [acknowledged]),
            row("  of them after their end was in doubt", [found]),
            row("acknowledged and missing", [missing]),
            row("published twice, or not with what they tell of", [torn]),
            String(repeating: " ", count: 58) + groups.map { "          \($0.name)".suffix(10) }.joined(),
            row("handled", groups.map(\.handled)), row("lost", groups.map(\.lost)),
            row("doubled", groups.map(\.doubled)), row("out of order", groups.map(\.disordered)),
            row("given up (dead)", groups.map(\.dead)),
        ]
    }

    private static let insertLedger = Statement(
        "chaos.ledger", "insert into public.ledger (key, version) select * from unnest($1, $2)")

    private static let totals = Statement(
        "chaos.totals",
        """
        select (select count(*) from message_table.message),
            (select count(*) - count(distinct (key, version)) from message_table.message)
                + (
                    select count(*)
                    from message_table.message m
                    full join public.aggregate_version a on a.key = m.key and a.version = m.version
                    where m.key is null or a.key is null
                ),
            (
                select count(*)
                from public.ledger l
                where not exists (
                    select from public.aggregate_version a where a.key = l.key and a.version = l.version)
            )
        """)

    private static let perGroup = Statement(
        "chaos.groups",
        """
        with handled as (
            select n, grp, id, key, version, lag(version) over (partition by grp, key order by n) as before
            from public.handled
        )
        select g.grp, (select count(*) from handled h where h.grp = g.grp),
            (
                select count(*)
                from message_table.message m
                where not exists (select from public.handled h where h.grp = g.grp and h.id = m.id)
            ),
            (select count(*) - count(distinct h.id) from handled h where h.grp = g.grp),
            (select count(*) from handled h where h.grp = g.grp and h.before >= h.version),
            (select count(*) from message_table.parked p where p.grp = g.grp and p.dead)
        from (values ('red'), ('green')) g (grp)
        order by g.grp
        """)
}
