import FoundationEssentials
import HTTPTypes
import JSON
import Models
import ReferralsDomain
import Testing

@testable import Referrals

@Suite("Recovery residences over the JSON API")
struct ResidenceAPITests {
    @Test("a residence is entered once, read by all of the agency, and changed from the version that was read")
    func kept() async throws {
        try await Housing.with { housing in
            let client = housing.client
            var ids: Set<String> = []
            for _ in 1...2 {
                let made = try await client.call(.post, "/v1/residences", key: "k", Housing.house())
                #expect(made.status == 201 && made.etag == "\"1\"", "\(made.text)")
                ids.insert(try #require(try made["residenceID"]))
            }
            #expect(ids.count == 1)
            let path = "/v1/residences/\(try #require(ids.first))"
            let somebody = "participant:\(ParticipantID.fixed(1))"
            for token in ["coordinator", "supervisor", "peer:\(PeerID.fixed(2))", somebody] {
                let read = try await client.call(.get, path, as: token)
                #expect(try read.object()["type"]?["name"]?.string == "Monitored")
                #expect(try read["typeNote"]?.contains("not ratings") == true)
                #expect(try await client.call(.get, "/v1/residences", as: token).items().count == 1)
            }
            for token in ["partner:\(PartnerID.fixed(3))", "operator", "privacy-officer"] {
                #expect(try await client.call(.get, path, as: token).status == 403)
                #expect(try await client.call(.get, "/v1/residences", as: token).status == 403)
            }
            let renamed = Housing.house("Hope House North")
            #expect(try await client.call(.put, path, as: somebody, ifMatch: 1, renamed).status == 403)
            #expect(try await client.call(.put, path, renamed).status == 428)
            #expect(try await client.call(.put, path, ifMatch: 9, renamed).status == 412)
            let changed = try await client.call(.put, path, ifMatch: 1, renamed)
            #expect(changed.etag == "\"2\"")
            #expect(try changed.object()["residence"]?["name"]?.string == "Hope House North")
        }
    }

    @Test("return-to-use policy and safe exit plan are required; unknown codes and places are pointed at")
    func refused() async throws {
        try await Housing.with { housing in
            for field in ["returnToUsePolicy", "safeExitPlan"] {
                let without = Housing.house().replacing("\"\(field)\"", with: "\"x\"")
                #expect(try await housing.client.call(.post, "/v1/residences", without).status == 422)
                let blank = Housing.house().replacing(try Regex(#""\#(field)": "[^"]+""#), with: #""\#(field)": " ""#)
                let answer = try await housing.client.call(.post, "/v1/residences", blank)
                #expect(try answer.pointers() == ["/\(field)"], "\(answer.text)")
            }
            let wrong = Housing.house(
                type: "X", weeklyCents: -1, at: (0, 0), more: #""entryID": "\#(UUID())", "#
            ).replacing("step-free", with: "stairs")
            let answer = try await housing.client.call(.post, "/v1/residences", wrong)
            #expect(try answer.pointers() == ["/type", "/weeklyCents", "/accessibility/0", "/position"])
            let unlinked = Housing.house(more: #""entryID": "\#(UUID())", "#)
            #expect(try await housing.client.call(.post, "/v1/residences", unlinked).pointers() == ["/entryID"])
        }
    }

    @Test("a house that refuses a medication is shown with a warning and the law behind it; one that accepts it is not")
    func warning() async throws {
        try await Housing.with { housing in
            let refusing = try await housing.residence(Housing.house(methadone: "no"))
            let shown = try await housing.client.call(.get, "/v1/residences/\(refusing)").object()
            let warnings = shown["warnings"]?.items ?? []
            #expect(warnings.map { $0["medication"]?.string } == ["methadone"])
            let grounds = warnings.first?["grounds"]?.items.compactMap { $0["text"]?.string } ?? []
            #expect(grounds.contains { $0.contains("Fair Housing Act") })
            #expect(grounds.contains { $0.contains("Americans with Disabilities Act") })
            let accepting = try await housing.residence(Housing.house("Other"))
            let other = try await housing.client.call(.get, "/v1/residences/\(accepting)").object()
            #expect(other["warnings"]?.items.isEmpty == true)
        }
    }

    @Test("beds are counted as they are now, with when somebody last confirmed them; after a week that is stale")
    func counts() async throws {
        try await Housing.with { housing in
            let id = try await housing.residence()
            let path = "/v1/residences/\(id)"
            func beds() async throws -> JSONValue? { try await housing.client.call(.get, path).object()["beds"] }
            let bed = try await housing.bed(of: id)
            _ = try await housing.bed(of: id, "1B")
            #expect(try await beds()?["total"]?.integer == 2)
            let kind = #"{"label": "1A", "kind": {"gender": "women", "household": "single"}, "service": "#
            let broken = try await housing.client.call(
                .put, "\(path)/beds/\(bed)", ifMatch: 1, kind + #""out-of-service"}"#)
            #expect(broken.status == 200, "\(broken.text)")
            #expect(try await beds()?["total"]?.integer == 2)
            #expect(try await beds()?["open"]?.integer == 1)
            _ = try await housing.client.call(.put, "\(path)/beds/\(bed)", ifMatch: 2, kind + #""removed"}"#)
            #expect(try await beds()?["total"]?.integer == 1)
            #expect(try await housing.client.call(.get, "\(path)/beds").items().count == 1)
            #expect(try await beds()?["isStale"]?.bool == false)
            housing.referring.clock.advance(by: .seconds(8 * 86_400))
            #expect(try await beds()?["isStale"]?.bool == true)
            let confirmed = try await housing.client.call(.post, "\(path)/confirm")
            #expect(confirmed.status == 200, "\(confirmed.text)")
            #expect(try await beds()?["isStale"]?.bool == false)
            #expect(try await beds()?["confirmedAt"]?.string == housing.referring.clock.now.description)
            let said = #"{"counts": [{"kind": {"gender": "any", "household": "single"}, "total": 9, "open": 9}]}"#
            let refused = try await housing.client.call(.post, "\(path)/confirm", said)
            #expect(refused.status == 409 && refused.text.contains("beds-are-counted"))
        }
    }

    @Test("a bed is called by at most 60 characters, counted as PostgreSQL counts them")
    func label() async throws {
        try await Housing.with { housing in
            let path = "/v1/residences/\(try await housing.residence())/beds"
            let kind = #""kind": {"gender": "women", "household": "single"}"#
            // A letter and its accent are two characters, and one that is seen.
            for (label, status) in [
                (String(repeating: "e\u{301}", count: 31), 422), (String(repeating: "é", count: 60), 201),
            ] {
                let made = try await housing.client.call(.post, path, "{\"label\": \"\(label)\", \(kind)}")
                #expect(made.status == status, "\(made.text)")
            }
        }
    }

    @Test("whoever enters or describes a bed that is taken is not told that it is open")
    func describedWhileTaken() async throws {
        try await Housing.with { housing in
            let residence = try await housing.residence()
            let path = "/v1/residences/\(residence)/beds"
            let body = #"{"label": "1A", "kind": {"gender": "women", "household": "single"}}"#
            let made = try await housing.client.call(.post, path, key: "k", body)
            let bed = try #require(try made["bedID"])
            let applied = try await housing.applied(1, to: residence)
            try await housing.step("accept", applied, #"{"bedID": "\#(bed)"}"#)
            let again = try await housing.client.call(.post, path, key: "k", body)
            let renamed = try await housing.client.call(
                .put, "\(path)/\(bed)", ifMatch: 1, body.replacing("1A", with: "1B"))
            for answer in [again, renamed] {
                #expect(try answer["bedID"] == bed && answer["state"] == nil, "\(answer.text)")
            }
            #expect(try await housing.client.call(.get, path).items().first?["state"]?.string == "held")
        }
    }

    @Test("a house outside the agency says what it has; from its first bed here on its beds are counted")
    func said() async throws {
        try await Housing.with { housing in
            let id = try await housing.residence()
            let path = "/v1/residences/\(id)/confirm"
            let kind = #""kind": {"gender": "women", "household": "single"}"#
            for wrong in ["{\(kind), \"total\": 2, \"open\": 3}", "{\(kind), \"total\": -1, \"open\": 0}"] {
                let answer = try await housing.client.call(.post, path, "{\"counts\": [\(wrong)]}")
                #expect(try answer.pointers() == ["/counts/0"], "\(answer.text)")
            }
            for open in [3, 2] {
                let answer = try await housing.client.call(
                    .post, path, "{\"counts\": [{\(kind), \"total\": 4, \"open\": \(open)}]}")
                let beds = try answer.object()["beds"]
                #expect(beds?["total"]?.integer == 4 && beds?["open"]?.integer == open)
            }
            _ = try await housing.bed(of: id)
            let beds = try await housing.client.call(.get, "/v1/residences/\(id)").object()["beds"]
            #expect(beds?["total"]?.integer == 1 && beds?["open"]?.integer == 1)
        }
    }

    @Test("a search finds what is near, fits, accepts the medication and can be paid; the nearest first, page by page")
    func search() async throws {
        try await Housing.with { housing in
            let near = try await housing.residence(Housing.house("Near", at: (40.22, -74.76)))
            let men = try await housing.residence(Housing.house("Men", type: "P", serves: "men", at: (40.25, -74.76)))
            let costly = try await housing.residence(
                Housing.house("Costly", methadone: "no", weeklyCents: 40_000, serves: "any", at: (40.28, -74.76)))
            let asking = try await housing.residence(
                Housing.house("Asking", type: "C", methadone: "ask", at: (40.31, -74.76)))
            _ = try await housing.residence(Housing.house("Far", at: (42, -74.76)))
            _ = try await housing.residence(Housing.house("Closed", more: #""isClosed": true, "#))
            _ = try await housing.residence(Housing.house("Nowhere", at: nil))
            _ = try await housing.bed(of: near)
            _ = try await housing.client.call(
                .post, "/v1/residences/\(costly)/confirm",
                #"{"counts": [{"kind": {"gender": "any", "household": "single"}, "total": 2, "open": 1}]}"#)
            func found(_ query: String) async throws -> [String] {
                let path = "/v1/residences/search?near=40.22,-74.76\(query)"
                let answer = try await housing.client.call(.get, path)
                #expect(answer.status == 200, "\(answer.text)")
                return try answer.items().compactMap { $0["residenceID"]?.string }
            }
            #expect(try await found("") == [near, men, costly, asking])
            #expect(try await found("&within=4") == [near, men])
            #expect(try await found("&gender=women") == [near, costly, asking])
            #expect(try await found("&gender=any") == [costly])
            #expect(try await found("&household=family") == [])
            #expect(try await found("&medication=methadone") == [near, men])
            #expect(try await found("&medication=methadone,buprenorphine&orAsk=true") == [near, men, asking])
            #expect(try await found("&maximumWeeklyCents=20000") == [near, men, asking])
            #expect(try await found("&type=P,C") == [men, asking])
            #expect(try await found("&open=true") == [near, costly])
            #expect(try await found("&open=true&gender=men") == [costly])
            var (seen, cursor): ([String], String?) = ([], "")
            while let next = cursor {
                let path = "/v1/residences/search?near=40.22,-74.76&limit=1\(next)"
                let page = try await housing.client.call(.get, path)
                seen += try page.items().compactMap { $0["residenceID"]?.string }
                cursor = try page["next"].map { "&cursor=\($0)" }
            }
            #expect(seen == [near, men, costly, asking])
            for wrong in ["near=1", "near=40,-75&type=X", "near=40,-75&medication=aspirin", "near=40,-75&within=900"] {
                #expect(try await housing.client.call(.get, "/v1/residences/search?\(wrong)").status == 422, "\(wrong)")
            }
        }
    }

    @Test("the codes and their words are there for whoever shows them")
    func codes() async throws {
        try await Housing.with { housing in
            let codes = try await housing.client.call(.get, "/v1/residence-codes", as: "peer:\(PeerID.fixed(1))")
            #expect(try codes.object()["moveOutReasons"]?.items.first?["code"]?.string == "planned")
        }
    }
}
