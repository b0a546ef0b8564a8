import TestKit
import Testing

@testable import Postgres

/// What the client says about types is what PostgreSQL's own catalogue says.
@Suite struct PostgresTypeTests {
    static let catalogue = Statement(
        "test.types",
        """
        select t.oid, t.typname::text, t.typarray, r.rngtypid
        from pg_catalog.pg_type t
        left join pg_catalog.pg_range r on r.rngsubtype = t.oid and r.rngtypid < 16384
        where t.oid < 10000 and t.typcategory <> 'A' and t.typtype in ('b', 'r', 'm')
        """)

    @Test("types are called as in the catalogue, and their arrays and ranges are the catalogue's")
    func catalogue() async throws {
        try await TestDatabase.with { database in
            try await database.withPool { pool in
                let rows = try await pool.query(Self.catalogue)
                #expect(rows.count > 70)
                var (named, arrays, ranges) = (0, 0, 0)
                for row in rows {
                    let (number, name, array, range) = try row.decode((UInt32, String, UInt32, UInt32?).self)
                    let type = PostgresType(number)
                    #expect(!type.isUserDefined)
                    if !type.description.hasPrefix("type ") {
                        named += 1
                        #expect(type.description == name)
                        #expect(array == 0 || PostgresType(array).description == "\(name)[]")
                    }
                    if let known = type.array {
                        arrays += 1
                        #expect(known.rawValue == array)
                    }
                    if let known = type.range {
                        ranges += 1
                        #expect(known.rawValue == range && known.bound == type)
                    }
                }
                #expect(named > 65 && arrays == 25 && ranges == 5)
            }
        }
    }

    @Test("a type that somebody made in the database is called by its number")
    func userDefined() {
        #expect(PostgresType(16_385).description == "user-defined type 16385")
        #expect(PostgresType(9_999).description == "type 9999")
        #expect(PostgresType.unspecified.array == .unspecified)
    }
}
