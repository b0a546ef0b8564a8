import FoundationEssentials
import HTTPTypes
import JSON
import Models
import Postgres
import ReferralsDomain
import Testing

@testable import Referrals

@Suite("Placements in recovery residences over the JSON API")
struct PlacementAPITests {
    static let planned = #"{"reason": "planned", "nextPlace": "own-home", "note": "keys are back"}"#

    @Test(
        "applied, interviewed, accepted, moved in, moved out: each step on record, nights counted, the bed free again")
    func wholeWay() async throws {
        try await Housing.with { housing in
            let residence = try await housing.residence()
            let bed = try await housing.bed(of: residence)
            let applied = try await housing.applied(1, to: residence, more: #""note": "asks for a quiet room", "#)
            #expect(try await housing.step("interview", applied)["status"] == "interviewed")
            let accepted = try await housing.step("accept", applied, #"{"bedID": "\#(bed)"}"#)
            #expect(try accepted["heldUntil"] == "2026-11-25T09:00:00Z", "\(accepted.text)")
            #expect(try await Self.open(residence, housing) == 0)
            // 23:30 in New York is the next day in UTC: a night is counted where the house is.
            housing.referring.clock.advance(by: .seconds(19 * 3600 + 1800))
            #expect(try await housing.step("move-in", applied)["bedLabel"] == "1A")
            housing.referring.clock.advance(by: .seconds(3600))
            #expect(try await housing.client.call(.get, applied.path)["days"] == "1")
            housing.referring.clock.advance(by: .seconds(9 * 86_400))
            let out = try await housing.step("move-out", applied, Self.planned)
            #expect(try out["days"] == "10" && out["reason"] == "planned" && out["nextPlace"] == "own-home")
            #expect(try await Self.open(residence, housing) == 1)

            let history = try await housing.client.call(.get, "\(applied.path)/history").items()
            #expect(
                history.map { $0["to"]?.string } == ["applied", "interviewed", "accepted", "moved-in", "moved-out"])
            #expect(history.first?["note"]?.string == "asks for a quiet room")
            #expect(history.last?["note"]?.string == "keys are back")
            let told = try await housing.referring.look(
                Statement(
                    "test.told",
                    """
                    select (payload ->> 'status') || ' ' || (payload ->> 'version')
                    from message_table.message where topic = 'placement.changed.v1' order by id
                    """), as: String.self)
            #expect(told == ["applied 1", "interviewed 2", "accepted 3", "moved-in 4", "moved-out 5"])
            let audited = try await housing.referring.look(
                Statement(
                    "test.audited",
                    """
                    select count(*)::bigint from referral.audit_event
                    where operation_id in ('applyForResidence', 'moveIn', 'moveOut') and decision = 'allow'
                      and cardinality(participant_ids) = 1
                    """), as: Int.self)
            #expect(audited == [3])
        }
    }

    @Test("notes lie sealed: no row holds their words")
    func sealed() async throws {
        try await Housing.with { housing in
            let applied = try await housing.applied(
                1, to: try await housing.residence(), more: #""note": "sleeps in a car", "#)
            try await housing.step("withdraw", applied, #"{"note": "found an aunt"}"#)
            let rows = try await housing.referring.look(
                Statement(
                    "test.rows",
                    """
                    select row_to_json(p)::text || encode(t.note, 'escape')
                    from referral.placement as p
                    join referral.placement_transition as t on t.placement_id = p.placement_id
                    """), as: String.self)
            #expect(rows.count == 2 && rows.allSatisfy { !$0.contains("sleeps") && !$0.contains("found an") })
        }
    }

    @Test("a step that does not follow is refused naming both states; versions and reasons are asked for")
    func refused() async throws {
        try await Housing.with { housing in
            let residence = try await housing.residence()
            let applied = try await housing.applied(1, to: residence)
            let early = try await housing.step("move-out", applied, Self.planned)
            #expect(early.status == 409 && early.text.contains("illegal-transition"))
            #expect(early.text.contains("From applied to moved-out."))
            #expect(try await housing.client.call(.post, "\(applied.path)/withdraw", "{}").status == 428)
            #expect(try await housing.client.call(.post, "\(applied.path)/withdraw", ifMatch: 9, "{}").status == 412)
            let unheard = try await housing.step("decline", applied, #"{"by": "residence", "reason": "x"}"#)
            #expect(try unheard.pointers() == ["/reason"])
            let bare = try await housing.step("decline", applied, #"{"by": "residence", "reason": "other"}"#)
            #expect(try bare.pointers() == ["/note"])
            let misspelt = try await housing.step("withdraw", applied, #"{"bedID": "x"}"#)
            #expect(try misspelt.pointers() == ["/bedID"])
            let again = try await housing.apply(applied.person, to: residence)
            #expect(again.status == 409 && again.text.contains("already-applied"))
            let late = try await housing.apply(
                try await housing.person(2), to: residence, more: #""appliedAt": "2099-01-01T00:00:00Z", "#)
            #expect(late.status == 422)
            let nowhere = try await housing.apply(applied.person, to: ResidenceID.fixed(7).description)
            #expect(nowhere.status == 404)
            let other = try await housing.applied(3, to: try await housing.residence(Housing.house("Other")))
            for verb in ["accept", "move-in"] { try await housing.step(verb, other) }
            let onward = try await housing.step(
                "move-out", other,
                #"{"reason": "planned", "nextPlace": "recovery-residence", "nextResidenceID": "\#(UUID())"}"#)
            #expect(try onward.pointers() == ["/nextResidenceID"], "\(onward.text)")
            let declined = try await housing.step(
                "decline", applied, #"{"by": "participant", "reason": "cost"}"#)
            #expect(try declined["declinedBy"] == "participant")
            #expect(try await housing.apply(applied.person, to: residence).status == 201, "they may apply again")
        }
    }

    @Test("an application with the same key is one application, and its answer is the present one")
    func once() async throws {
        try await Housing.with { housing in
            let residence = try await housing.residence()
            let person = try await housing.person(1)
            let first = try await housing.apply(person, to: residence, key: "k")
            let second = try await housing.apply(person, to: residence, key: "k")
            #expect(second.status == 201, "\(second.text)")
            #expect(try first["placementID"] == second["placementID"])
        }
    }

    @Test(
        "a bed of another house, out of service or for others is not given; in a house with beds nobody moves in without"
    )
    func bedThatFits() async throws {
        try await Housing.with { housing in
            let residence = try await housing.residence()
            let elsewhere = try await housing.bed(of: try await housing.residence(Housing.house("Other")))
            let (own, mens) = (
                try await housing.bed(of: residence), try await housing.bed(of: residence, "2A", gender: "men")
            )
            let applied = try await housing.applied(1, to: residence)
            func accept(_ bed: String) async throws -> Answer {
                try await housing.step("accept", applied, #"{"bedID": "\#(bed)"}"#)
            }
            #expect(try await accept(elsewhere).pointers() == ["/bedID"])
            #expect(try await accept(BedID.fixed(5).description).pointers() == ["/bedID"])
            #expect(try await accept(mens).text.contains("bed-does-not-fit"))
            let kind = #""kind": {"gender": "women", "household": "single"}"#
            let path = "/v1/residences/\(residence)/beds/\(own)"
            _ = try await housing.client.call(
                .put, path, ifMatch: 1, "{\"label\": \"1A\", \(kind), \"service\": \"out-of-service\"}")
            #expect(try await accept(own).text.contains("bed-out-of-service"))
            _ = try await housing.client.call(.put, path, ifMatch: 2, "{\"label\": \"1A\", \(kind)}")
            #expect(try await housing.step("accept", applied)["status"] == "accepted")
            #expect(try await housing.step("move-in", applied).text.contains("bed-needed"))
            #expect(try await housing.step("move-in", applied, #"{"bedID": "\#(own)"}"#)["status"] == "moved-in")
            let gone = try await housing.client.call(
                .put, path, ifMatch: 3, "{\"label\": \"1A\", \(kind), \"service\": \"removed\"}")
            #expect(gone.status == 409 && gone.text.contains("bed-taken"), "\(gone.text)")
            let wider = try await housing.bed(of: residence, "3A", gender: "any")
            #expect(try await housing.step("bed", applied, #"{"bedID": "\#(wider)"}"#)["bedLabel"] == "3A")
            #expect(try await Self.open(residence, housing) == 2, "the first bed is free again, and the men's")
        }
    }

    @Test(
        "a bed whose hold is over goes to another: the first one waits again, in the old place, and that is on record")
    func holdEnds() async throws {
        try await Housing.with { housing in
            let residence = try await housing.residence()
            let bed = try await housing.bed(of: residence)
            let body = #"{"bedID": "\#(bed)"}"#
            let first = try await housing.applied(1, to: residence)
            let second = try await housing.applied(2, to: residence)
            try await housing.step("accept", first, body)
            let tooEarly = try await housing.step("accept", second, body)
            #expect(tooEarly.status == 409 && tooEarly.text.contains("bed-taken"))
            housing.referring.clock.advance(by: .seconds(72 * 3600))
            let beds = "/v1/residences/\(residence)/beds"
            #expect(try await housing.client.call(.get, beds).items().first?["state"]?.string == "hold-ended")
            #expect(try await Self.open(residence, housing) == 1)
            #expect(try await housing.step("accept", second, body)["bedID"] == bed)
            #expect(try await housing.client.call(.get, beds).items().first?["state"]?.string == "held")
            let lost = try await housing.client.call(.get, first.path)
            #expect(try lost["status"] == "accepted" && lost["bedID"] == nil && lost["version"] == "3")
            #expect(try lost.object()["waiting"]?["position"]?.integer == 1)
            #expect(try await housing.client.call(.get, "\(first.path)/history").items().count == 3)
            let audited = try await housing.referring.look(
                Statement(
                    "test.both",
                    """
                    select count(*)::bigint from referral.audit_event
                    where operation_id = 'acceptPlacement' and decision = 'allow' and cardinality(participant_ids) = 2
                    """), as: Int.self)
            #expect(audited == [1], "both are named")
        }
    }

    @Test(
        "the line goes by priority, then by when they applied; a free bed names the first whom it fits, and gives itself to nobody"
    )
    func line() async throws {
        try await Housing.with { housing in
            let residence = try await housing.residence()
            let bed = try await housing.bed(of: residence)
            let early = try await housing.applied(1, to: residence, gender: "men")
            housing.referring.clock.advance(by: .seconds(60))
            let next = try await housing.applied(2, to: residence)
            housing.referring.clock.advance(by: .seconds(60))
            let urgent = try await housing.applied(3, to: residence, more: #""priority": "urgent", "#)
            let longAgo = try await housing.applied(
                4, to: residence, more: #""appliedAt": "2026-11-01T00:00:00Z", "#)
            let waiting = "/v1/residences/\(residence)/waiting-list"
            func people(_ path: String) async throws -> [String] {
                try await housing.client.call(.get, path).items().compactMap { $0["participantID"]?.string }
            }
            let order = [urgent, longAgo, early, next].map(\.person.description)
            #expect(try await people(waiting) == order)
            var (seen, cursor): ([String], String?) = ([], "")
            while let at = cursor {
                let page = try await housing.client.call(.get, "\(waiting)?limit=1\(at)")
                seen += try page.items().compactMap { $0["participantID"]?.string }
                cursor = try page["next"].map { "&cursor=\($0)" }
            }
            #expect(seen == order)
            let own = try await housing.client.call(.get, next.path, as: "participant:\(next.person)").object()
            #expect(own["waiting"]?["position"]?.integer == 4 && own["waiting"]?["length"]?.integer == 4)
            let suggested = "/v1/residences/\(residence)/beds/\(bed)/next"
            #expect(try await people(suggested) == [urgent, longAgo, next].map(\.person.description), "not the man")
            #expect(try await Self.open(residence, housing) == 1, "to suggest is not to give")
            try await housing.step("accept", urgent, #"{"bedID": "\#(bed)"}"#)
            #expect(try await people(waiting) == Array(order.dropFirst()))
            let revised = try await housing.step(
                "application", next,
                #"{"wish": {"gender": "women", "household": "single"}, "priority": "soon"}"#, method: .put)
            #expect(try revised.object()["waiting"]?["position"]?.integer == 1, "\(revised.text)")
        }
    }

    @Test(
        "participants read their own, peers those of people assigned to them, partners nothing; lists are the office's")
    func whoSees() async throws {
        try await Housing.with { housing in
            let residence = try await housing.residence()
            let applied = try await housing.applied(1, to: residence)
            let other = try await housing.applied(2, to: residence)
            let list = "/v1/participants/\(applied.person)/placements"
            let own = "participant:\(applied.person)"
            for path in [list, applied.path] {
                #expect(try await housing.client.call(.get, path, as: own).status == 200)
                #expect(try await housing.client.call(.get, path, as: "participant:\(other.person)").status == 404)
                #expect(try await housing.client.call(.get, path, as: "peer:\(PeerID.fixed(4))").status == 404)
                for token in ["partner:\(PartnerID.fixed(3))", "operator", "privacy-officer"] {
                    #expect(try await housing.client.call(.get, path, as: token).status == 403)
                }
            }
            // Under somebody else's name it is not there.
            let id = applied.path.split(separator: "/").last ?? ""
            let mixed = "/v1/participants/\(other.person)/placements/\(id)"
            #expect(try await housing.client.call(.get, mixed).status == 404)
            #expect(try await housing.client.call(.post, "\(mixed)/withdraw", ifMatch: 1, "{}").status == 404)
            for token in [own, "peer:\(PeerID.fixed(4))"] {
                for path in ["waiting-list", "beds", "placements"] {
                    let answer = try await housing.client.call(.get, "/v1/residences/\(residence)/\(path)", as: token)
                    #expect(answer.status == 403)
                }
                #expect(try await housing.client.call(.post, "\(applied.path)/withdraw", as: token, "{}").status == 403)
            }
            #expect(
                try await housing.apply(applied.person, to: residence, as: "peer:\(PeerID.fixed(4))").status == 404)
        }
    }

    @Test("a peer reads and applies for those assigned to them")
    func assignedPeer() async throws {
        try await Housing.with { housing in
            let residence = try await housing.residence()
            let taken = try await housing.referring.referRoutine(
                .jane, from: try await housing.referring.hospital("First"))
            try await housing.referring.moveOn()
            let peer = try #require(
                try await housing.referring.look(
                    Statement("test.peer", "select peer_id from referral.engagement"), as: PeerID.self
                ).first)
            let person = taken.stored.referral.participantID
            let applied = try await housing.apply(person, to: residence, as: "peer:\(peer)")
            #expect(applied.status == 201, "\(applied.text)")
            let list = "/v1/participants/\(person)/placements"
            #expect(try await housing.client.call(.get, list, as: "peer:\(peer)").items().count == 1)
        }
    }

    @Test("whoever a restriction keeps from somebody of the office is in none of their lists, and counts in the line")
    func restricted() async throws {
        try await Housing.with { housing in
            let residence = try await housing.residence()
            let bed = try await housing.bed(of: residence)
            let hidden = try await housing.applied(1, to: residence)
            housing.referring.clock.advance(by: .seconds(60))
            let housed = try await housing.applied(2, to: residence)
            housing.referring.clock.advance(by: .seconds(60))
            let open = try await housing.applied(3, to: residence)
            try await housing.step("accept", housed, #"{"bedID": "\#(bed)"}"#)
            for applied in [hidden, housed] {
                let path = "/v1/participants/\(applied.person)/restrictions"
                let asked = try await housing.client.call(
                    .post, path, as: "supervisor", #"{"recipient": {"kind": "person", "value": "coordinator"}}"#)
                let id = try #require(try asked["restrictionID"])
                _ = try await housing.client.call(.post, "\(path)/\(id)/agree", as: "supervisor", ifMatch: 1, "{}")
            }
            let waiting = try await housing.client.call(.get, "/v1/residences/\(residence)/waiting-list").items()
            #expect(waiting.map { $0["participantID"]?.string } == [open.person.description])
            #expect(waiting.first?["waiting"]?["position"]?.integer == 2)
            let board = try await housing.client.call(.get, "/v1/residences/\(residence)/beds").items()
            #expect(board.map { $0["state"]?.string } == ["held"] && board.first?["participantID"] == nil)
            let suggested = try await housing.client.call(
                .get, "/v1/residences/\(residence)/beds/\(bed)/next", as: "supervisor"
            ).items()
            #expect(suggested.count == 2)
            #expect(try await housing.client.call(.get, hidden.path).status == 404)
        }
    }

    static func open(_ residence: String, _ housing: Housing) async throws -> Int? {
        try await housing.client.call(.get, "/v1/residences/\(residence)").object()["beds"]?["open"]?.integer
    }
}
