import FoundationEssentials
import JSON
import Models

// What the hospital does, and what is done with it.
extension Journey {
    struct Hospital: Sendable {
        let name: String
        let partnerID: String
        let clientID: String
        let key: SigningKey
    }

    /// A referral as the agency's own people know it.
    struct Accepted: Sendable {
        let referralID: String
        let participantID: String
        /// Under which the other services know the support.
        let engagementID: String
    }

    /// - Parameter policy: whether its referrals wait for a coordinator; those from an emergency never do.
    func registerHospital(_ name: String, intakePolicy policy: String) async throws -> Hospital {
        let token = try await staffToken("operator")
        let key = SigningKey(id: "key-\(UUID())")
        let partner = try await caller.send(
            "POST", "\(addresses.referrals)/v1/partners", token: token,
            ["name": .string(name), "kind": "hospital", "intakePolicy": .string(policy)])
        let partnerID = try text(partner.body, ["partnerID"])
        let client = try await caller.send(
            "POST", "\(addresses.referrals)/v1/partners/\(partnerID)/clients", token: token,
            ["jwks": ["keys": [key.publicKey]]])
        return Hospital(
            name: name, partnerID: partnerID, clientID: try text(client.body, ["clientID"]), key: key)
    }

    func token(of hospital: Hospital) async throws -> String {
        let metadata = try await caller.send(
            "GET", "\(addresses.referrals)/.well-known/smart-configuration", token: nil)
        let url = try text(metadata.body, ["token_endpoint"])
        let answer = try await caller.post(
            form: [
                ("grant_type", "client_credentials"),
                ("scope", "system/ServiceRequest.crs system/Task.crus system/*.crus"),
                ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                (
                    "client_assertion",
                    try hospital.key.assertion(of: hospital.clientID, for: url, at: clock.now())
                ),
            ], to: url)
        return try text(answer.body, ["access_token"])
    }

    /// Posts the Bundle twice, as a hospital that got no answer would; returns the Task's path.
    func refer(from hospital: Hospital, _ token: String) async throws -> String {
        let person = UUID().uuidString
        let bundle = ReferralBundle(
            family: "Journey", given: Self.madeUpName(), birthDate: Self.madeUpBirthDate(),
            recordNumber: person, orderNumber: "order-\(person)", hospital: hospital.name, authoredAt: clock.now()
        ).json
        var paths: Set<String> = []
        for _ in 0..<2 {
            let answer = try await caller.send(
                "POST", "\(addresses.referrals)/fhir", token: token, bundle, contentType: "application/fhir+json")
            let locations = answer.body[["entry"]]?.array?.compactMap { $0[["response", "location"]]?.string } ?? []
            guard let task = locations.first(where: { $0.contains("Task/") }) else {
                throw Stuck(waitingFor: "a Task in the answer to the Bundle")
            }
            paths.insert(String(task.split(separator: "/_history")[0].split(separator: "Task/").last ?? ""))
        }
        guard let task = paths.first, paths.count == 1 else { throw Stuck(waitingFor: "the same answer twice") }
        return "\(addresses.referrals)/fhir/Task/\(task)"
    }

    /// Somebody else each time: the same name and birth date would be the same person, whose support may still go on.
    private static func madeUpName() -> String {
        let letters = (0..<8).map { _ in Character(UnicodeScalar(UInt8.random(in: 0x61...0x7A))) }
        return "Robin" + String(letters)
    }

    private static func madeUpBirthDate() -> String {
        CivilDate(daysSince1970: Int.random(in: -7000...12_000)).description
    }

    func status(of task: String, _ token: String) async throws -> String {
        let answer = try await caller.send("GET", task, token: token)
        return try text(answer.body, ["status"])
    }

    /// Accepts the hospital's referral where the intake policy has not done so already.
    func accept(from hospital: Hospital) async throws -> Accepted {
        let token = try await staffToken("coordinator")
        let url = "\(addresses.referrals)/v1/referrals"
        let list = try await caller.send("GET", "\(url)?limit=200", token: token)
        guard
            let referral = list.body[["items"]]?.array?.first(where: {
                $0[["partnerID"]]?.string == hospital.partnerID
            })
        else { throw Stuck(waitingFor: "the hospital's referral in the coordinator's list") }
        let id = try text(referral, ["referralID"])
        if referral[["status"]]?.string == "requested" {
            let current = try await caller.send("GET", "\(url)/\(id)", token: token)
            _ = try await caller.send("POST", "\(url)/\(id)/accept", token: token, ifMatch: current.etag)
        }
        return Accepted(
            referralID: id, participantID: try text(referral, ["participantID"]),
            engagementID: try text(referral, ["engagementID"]))
    }

    func close(_ referral: Accepted) async throws {
        let token = try await staffToken("coordinator")
        let url = "\(addresses.referrals)/v1/referrals/\(referral.referralID)"
        // What the other services report may change the referral between reading and closing: then it is read again.
        try await eventually("the referral to hold still") {
            let current = try await caller.send("GET", url, token: token)
            let closed = try await caller.send(
                "POST", "\(url)/close", token: token, ["reason": "need-met"], ifMatch: current.etag,
                expecting: [200, 412])
            return closed.status == 200
        }
    }

    /// A member that an answer must have.
    func text(_ body: JSONValue, _ path: JSONPath) throws -> String {
        guard let text = body[path]?.string else { throw Stuck(waitingFor: path.expression(in: "an answer's")) }
        return text
    }
}
