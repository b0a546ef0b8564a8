import FoundationEssentials
import HTTPTypes
import JSON
import Models
import Postgres
import ReferralsDomain
import Testing

@testable import Referrals

@Suite("Beds and people, on PostgreSQL")
struct PlacementStoreTests {
    @Test(
        "twenty at once for one bed: one gets it, nineteen are told that it is taken, and no two hold it",
        arguments: 1...3)
    func race(_ round: Int) async throws {
        try await Housing.with { housing in
            let residence = try await housing.residence()
            let bed = try await housing.bed(of: residence)
            var all: [Housing.Applied] = []
            for number in 1...20 { all.append(try await housing.applied(number, to: residence)) }
            // In the second round they are accepted already and move in at once, in the third an old hold is taken away.
            if round == 2 { for each in all { try await housing.step("accept", each) } }
            if round == 3 {
                try await housing.step("accept", all.removeFirst(), #"{"bedID": "\#(bed)"}"#)
                housing.referring.clock.advance(by: .seconds(80 * 3600))
            }
            let verb = round == 2 ? "move-in" : "accept"
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for each in all {
                    group.addTask { try await housing.step(verb, each, #"{"bedID": "\#(bed)"}"#).status }
                }
                return try await group.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
            }
            #expect(statuses == [200: 1, 409: all.count - 1], "\(statuses)")
            let holders = try await housing.referring.look(
                Statement(
                    "test.holders", "select count(*)::bigint from referral.bed_stay"),
                as: Int.self)
            #expect(holders == [1])
        }
    }

    @Test(
        "PostgreSQL itself refuses two placements in one bed at one time, and one person in two places, also in the past"
    )
    func refusedByTheDatabase() async throws {
        try await Housing.with { housing in
            let residence = try await housing.residence()
            let bed = try await housing.bed(of: residence)
            var ids: [String] = []
            for number in 1...2 {
                ids.append(String(try await housing.applied(number, to: residence).path.suffix(36)))
            }
            func stay(_ placement: String, _ from: String, _ until: String, in bed: String) -> String {
                """
                update referral.placement
                set status = 'moved-out', reason = 'planned', next_place = 'unknown', moved_in_at = '\(from)',
                  moved_out_at = '\(until)', bed_id = '\(bed)'
                where placement_id = '\(placement)';
                insert into referral.bed_stay (agency_id, placement_id, bed_id, began_at, ended_at)
                values ('\(housing.referring.agencyID)', '\(placement)', '\(bed)', '\(from)', '\(until)')
                """
            }
            try await housing.referring.fixture(stay(ids[0], "2026-01-01", "2026-02-01", in: bed))
            let overlapping = await #expect(throws: PostgresError.self) {
                try await housing.referring.fixture(stay(ids[1], "2026-01-31", "2026-03-01", in: bed))
            }
            #expect(overlapping?.constraint == "bed_stay_once")
            try await housing.referring.fixture(stay(ids[1], "2026-02-01", "2026-03-01", in: bed))
            let twice = await #expect(throws: PostgresError.self) {
                try await housing.referring.fixture(
                    """
                    update referral.placement
                    set participant_id = (
                      select participant_id from referral.placement where placement_id = '\(ids[0])'),
                      moved_in_at = '2026-01-15', bed_id = null
                    where placement_id = '\(ids[1])'
                    """)
            }
            #expect(twice?.constraint == "placement_participant_once")
        }
    }

    @Test("the nights in a bed stay on record after somebody was given another one, and nobody else ever had them")
    func changedBeds() async throws {
        try await Housing.with { housing in
            let residence = try await housing.residence()
            let (first, second) = (
                try await housing.bed(of: residence), try await housing.bed(of: residence, "1B")
            )
            let stay = try await housing.applied(1, to: residence)
            try await housing.step("accept", stay, #"{"bedID": "\#(first)"}"#)
            try await housing.step("move-in", stay)
            for bed in [second, second, first] {
                housing.referring.clock.advance(by: .seconds(86_400))
                #expect(try await housing.step("bed", stay, #"{"bedID": "\#(bed)"}"#)["bedID"] == bed)
            }
            // It is found out that they had left in the night before the last change.
            let out = try await housing.step(
                "move-out", stay,
                #"{"at": "2026-11-24T21:00:00Z", "reason": "planned", "nextPlace": "own-home"}"#)
            #expect(try out["bedID"] == second, "\(out.text)")
            let stays = try await housing.referring.look(
                Statement(
                    "test.stays",
                    """
                    select bed.label || ' ' || to_char(stay.began_at at time zone 'UTC', 'DD HH24') || ' '
                      || to_char(stay.ended_at at time zone 'UTC', 'DD HH24')
                    from referral.bed_stay as stay join referral.bed as bed using (agency_id, bed_id)
                    order by stay.began_at
                    """), as: String.self)
            #expect(stays == ["1A 22 09 23 09", "1B 23 09 24 21"])
            // Somebody else's stay is entered afterwards: the bed was taken then, and not by then.
            let other = try await housing.applied(2, to: residence, more: #""appliedAt": "2026-11-01T00:00:00Z", "#)
            try await housing.step("accept", other)
            for (bed, day, status) in [(first, "22T12", 409), (second, "24T12", 409), (first, "23T12", 200)] {
                let body = #"{"bedID": "\#(bed)", "at": "2026-11-\#(day):00:00Z"}"#
                let answer = try await housing.step("move-in", other, body)
                #expect(answer.status == status, "\(answer.text)")
            }
        }
    }

    @Test("nobody lives in two residences: at once one of two moves in, and a stay that is entered later must fit")
    func twoHouses() async throws {
        try await Housing.with { housing in
            let (one, other) = (try await housing.residence(), try await housing.residence(Housing.house("Other")))
            let first = try await housing.applied(
                1, to: one, more: #""appliedAt": "2026-10-01T00:00:00Z", "#)
            let again = try await housing.apply(
                first.person, to: other, more: #""appliedAt": "2026-10-01T00:00:00Z", "#)
            let second = Housing.Applied(person: first.person, path: try #require(again.location))
            for each in [first, second] { try await housing.step("accept", each) }
            async let here = housing.step("move-in", first)
            async let there = housing.step("move-in", second)
            let answers = try await [here, there]
            #expect(answers.map(\.status).sorted() == [200, 409])
            #expect(answers.contains { $0.text.contains("lives-elsewhere") })
            let (housed, homeless) = answers[0].status == 200 ? (first, second) : (second, first)
            housing.referring.clock.advance(by: .seconds(10 * 86_400))
            try await housing.step("move-out", housed, PlacementAPITests.planned)
            let overlapping = try await housing.step("move-in", homeless, #"{"at": "2026-11-25T00:00:00Z"}"#)
            #expect(overlapping.status == 409 && overlapping.text.contains("lives-elsewhere"), "\(overlapping.text)")
            #expect(try await housing.step("move-in", homeless)["status"] == "moved-in")
        }
    }

    @Test("merged, their placements are one person's under either id; unmerged, each has their own")
    func merged() async throws {
        try await Housing.with { housing in
            let (one, other) = (try await housing.residence(), try await housing.residence(Housing.house("Other")))
            let two = try await housing.referring.twoReferred()
            var applied: [Housing.Applied] = []
            for (person, residence) in [(two.older, one), (two.younger, other)] {
                let answer = try await housing.apply(person, to: residence, more: #""note": "a note", "#)
                applied.append(.init(person: person, path: try #require(answer.location)))
            }
            for each in applied { try await housing.step("accept", each) }
            try await housing.referring.merge(two.younger, into: two.older)
            for id in [two.older, two.younger] {
                let list = "/v1/participants/\(id)/placements"
                #expect(try await housing.client.call(.get, list).items().count == 2)
                #expect(try await housing.client.call(.get, list, as: "participant:\(id)").items().count == 2)
                #expect(try await housing.apply(id, to: other).text.contains("already-applied"))
            }
            let record = try await housing.client.call(
                .get, "/v1/participants/\(two.older)/record", as: "participant:\(two.younger)")
            #expect(try record.object()["placements"]?.items.count == 2)
            #expect(try await housing.step("move-in", applied[0]).status == 200)
            // Under the other id it is still the same person.
            let placement = applied[1].path.suffix(36)
            let same = Housing.Applied(
                person: two.older, path: "/v1/participants/\(two.older)/placements/\(placement)")
            let refused = try await housing.step("move-in", same)
            #expect(refused.status == 409 && refused.text.contains("lives-elsewhere"), "\(refused.text)")
            let notes = try await housing.client.call(.get, "\(same.path)/history").items()
            #expect(notes.first?["note"]?.string == "a note", "sealed with its own key")
            try await housing.referring.unmerge(two.younger)
            #expect(try await housing.client.call(.get, same.path).status == 404)
            #expect(try await housing.step("move-in", applied[1]).status == 200, "they are two people")
        }
    }

    @Test(
        "whoever lives in a residence is not erased; applications are taken back, their words are gone, stays are counted"
    )
    func erased() async throws {
        try await Housing.with { housing in
            let residence = try await housing.residence()
            let bed = try await housing.bed(of: residence)
            let person = try await housing.person(1)
            let referral = try #require(
                try await housing.referring.look(
                    Statement("test.r", "select referral_id::text from referral.referral"), as: String.self
                ).first)
            let answer = try await housing.apply(person, to: residence, more: #""note": "words", "#)
            let stay = Housing.Applied(person: person, path: try #require(answer.location))
            try await housing.step("accept", stay, #"{"bedID": "\#(bed)"}"#)
            try await housing.step("move-in", stay)
            let second = try await housing.apply(person, to: try await housing.residence(Housing.house("Other")))
            let closed = try await Self.closed(referral, housing)
            #expect(closed.status == 200, "\(closed.text)")
            func erase() async throws -> Answer {
                let version = try #require(
                    try await housing.client.call(.get, "/v1/participants/\(person)")["version"].flatMap { Int($0) })
                return try await housing.client.call(
                    .post, "/v1/participants/\(person)/erase", as: "privacy-officer", ifMatch: version)
            }
            let early = try await erase()
            #expect(early.status == 409 && early.text.contains("still-housed"), "\(early.text)")
            try await housing.step("move-out", stay, PlacementAPITests.planned)
            #expect(try await erase().status == 204)
            let withdrawn = try await housing.client.call(.get, try #require(second.location))
            #expect(try withdrawn["status"] == "withdrawn")
            let history = try await housing.client.call(.get, "\(stay.path)/history").items()
            #expect(history.count == 4 && history.allSatisfy { $0["note"] == nil })
            let again = try await housing.apply(person, to: residence)
            #expect(again.status == 409 && again.text.contains("participant-erased"))
        }
    }

    private static func closed(_ referral: String, _ housing: Housing) async throws -> Answer {
        let path = "/v1/referrals/\(referral)"
        let version = try #require(try await housing.client.call(.get, path)["version"].flatMap { Int($0) })
        let accepted = try await housing.client.call(.post, "\(path)/accept", ifMatch: version, "{}")
        let next = accepted.status == 200 ? version + 1 : version
        return try await housing.client.call(
            .post, "\(path)/close", ifMatch: next, #"{"reason": "need-met", "note": "all well"}"#)
    }
}
