import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import Models
import ReferralsDomain
import Testing

@testable import Referrals

/// A residence with beds, through the API, and people who want one.
struct Housing: Sendable {
    let referring: Referring
    let client: any TestClientProtocol

    static func with(_ body: @escaping @Sendable (Housing) async throws -> Void) async throws {
        try await Referring.with { referring in
            try await referring.calling { client in
                try await body(Housing(referring: referring, client: client))
            }
        }
    }

    /// What a house is described with.
    static func house(
        _ name: String = "Hope House", type: String = "M", methadone: String = "yes", weeklyCents: Int = 18_000,
        serves: String = "women", at place: (Double, Double)? = (40.22, -74.76), more: String = ""
    ) -> String {
        let position = place.map { #""position": {"latitude": \#($0.0), "longitude": \#($0.1)},"# } ?? ""
        return #"""
            {"name": "\#(name)", "operatedBy": "Hope, Inc.", "type": "\#(type)", \#(position) \#(more)
             "serves": [{"gender": "\#(serves)", "household": "single"}],
             "medications": {"buprenorphine": "yes", "methadone": "\#(methadone)", "extendedReleaseNaltrexone": "ask"},
             "weeklyCents": \#(weeklyCents), "depositCents": 10000, "hasScholarship": true, "smoking": "outside",
             "allowsPets": false, "accessibility": ["step-free"], "rules": ["meetings"], "county": "Mercer",
             "returnToUsePolicy": "We talk, and nobody leaves at night.",
             "safeExitPlan": "A place for the night, naloxone, their medication, and a call to the peer."}
            """#
    }

    func residence(_ description: String = house()) async throws -> String {
        let made = try await client.call(.post, "/v1/residences", description)
        #expect(made.status == 201, "\(made.text)")
        return try #require(try made["residenceID"])
    }

    func bed(
        of residence: String, _ label: String = "1A", gender: String = "women", household: String = "single"
    ) async throws -> String {
        let made = try await client.call(
            .post, "/v1/residences/\(residence)/beds",
            #"{"label": "\#(label)", "kind": {"gender": "\#(gender)", "household": "\#(household)"}}"#)
        #expect(made.status == 201, "\(made.text)")
        return try #require(try made["bedID"])
    }

    /// Somebody of another name than all others.
    func person(_ number: Int) async throws -> ParticipantID {
        let body = #"""
            {"setting": "inpatient", "priority": "routine", "person": {"givenName": "Nameless\#(number)",
             "familyName": "\#(Self.family(number))", "birthDate": "19\#(50 + number % 50)-0\#(1 + number % 9)-11",
             "identifiers": [{"system": "urn:test", "value": "\#(number)"}]}}
            """#
        let taken = try await client.call(.post, "/v1/referrals", body)
        #expect(taken.status == 201, "\(taken.text)")
        return try #require(try taken["participantID"].flatMap { ParticipantID($0) })
    }

    private static func family(_ number: Int) -> String {
        ["Abbott", "Quixote", "Zimmer", "Featherstone", "Okafor"][number % 5]
            + String(repeating: "x", count: number / 5)
    }

    func apply(
        _ person: ParticipantID, to residence: String, gender: String = "women", household: String = "single",
        more: String = "", as token: String = "coordinator", key: String? = nil
    ) async throws -> Answer {
        try await client.call(
            .post, "/v1/participants/\(person)/placements", as: token, key: key,
            #"{"residenceID": "\#(residence)", \#(more) "wish": {"gender": "\#(gender)", "household": "\#(household)"}}"#
        )
    }

    /// An application, on its way.
    struct Applied: Sendable {
        let person: ParticipantID
        let path: String
    }

    func applied(
        _ number: Int, to residence: String, gender: String = "women", more: String = ""
    ) async throws -> Applied {
        let person = try await person(number)
        let answer = try await apply(person, to: residence, gender: gender, more: more)
        #expect(answer.status == 201, "\(answer.text)")
        return Applied(person: person, path: try #require(answer.location))
    }

    /// One step, from the version that is there now.
    @discardableResult
    func step(
        _ verb: String, _ applied: Applied, _ body: String = "{}", method: HTTPRequest.Method = .post
    ) async throws -> Answer {
        let version = try #require(try await client.call(.get, applied.path)["version"].flatMap { Int($0) })
        return try await client.call(method, "\(applied.path)/\(verb)", ifMatch: version, body)
    }
}
