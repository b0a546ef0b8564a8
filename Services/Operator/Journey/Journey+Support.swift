import FoundationEssentials
import JSON
import Models

// What peers and supervisors do, and what the other services make of it.
extension Journey {
    struct StartedPlan: Sendable {
        let planID: String
        let programme: String
    }

    /// A peer who is on call for emergencies; where nobody is, one is registered and put on shift.
    func peerOnCall() async throws -> PeerID {
        let token = try await staffToken("supervisor")
        let onCall = try await caller.send("GET", "\(addresses.matching)/v1/on-call?line=emergency", token: token)
        let peers = onCall.body[["items"]]?.array ?? onCall.body[["shifts"]]?.array ?? []
        if let peer = peers.first?[["peerID"]]?.string.flatMap({ PeerID($0) }) { return peer }
        let peer = try await caller.send(
            "POST", "\(addresses.matching)/v1/peers", token: token,
            ["displayName": "Alex", "languages": ["en", "es"], "supportsMedicationOn": "2024-01-15"])
        let id = try text(peer.body, ["peerID"])
        let now = clock.now()
        _ = try await caller.send(
            "POST", "\(addresses.matching)/v1/shifts", token: token,
            [
                "peerID": .string(id), "line": "emergency", "callOrder": 1,
                "startsAt": .string((now - .seconds(60)).description),
                "endsAt": .string((now + .seconds(8 * 3600)).description),
            ])
        guard let peerID = PeerID(id) else { throw Stuck(waitingFor: "a peer's id") }
        return peerID
    }

    /// The dispatch that answers the referral.
    func match(of referral: Accepted) async throws -> String {
        let token = try await staffToken("supervisor")
        var found: String?
        try await eventually("a dispatch for the referral") {
            let list = try await caller.send("GET", "\(addresses.matching)/v1/matches?limit=200", token: token)
            let match = list.body[["items"]]?.array?.first {
                $0[["participantID"]]?.string == referral.participantID
            }
            found = match?[["matchID"]]?.string
            return found != nil
        }
        guard let found else { throw Stuck(waitingFor: "a dispatch for the referral") }
        return found
    }

    /// Everybody who is on call is asked for another dispatch, and has not answered.
    struct NobodyFree: Error, CustomStringConvertible {
        let description = """
            nobody could be asked: each peer on call has an offer of another dispatch that is still open. \
            Decline those (as the peer: POST /v1/matches/{matchID}/decline), put another peer on shift \
            (as a supervisor: POST /v1/shifts), or begin anew: stop the suite and delete .handrail
            """
    }

    /// Who is asked for a dispatch, the latest where several are.
    static func asked(in match: JSONValue) throws -> PeerID {
        let open = match[["offers"]]?.array?.last { $0[["status"]]?.string == "open" }
        guard let peer = open?[["peerID"]]?.string.flatMap({ PeerID($0) }) else { throw NobodyFree() }
        return peer
    }

    /// The peer who is asked takes the dispatch.
    func acknowledge(_ match: String) async throws -> PeerID {
        let url = "\(addresses.matching)/v1/matches/\(match)"
        let dispatch = try await caller.send("GET", url, token: try await staffToken("supervisor"))
        let peer = try Self.asked(in: dispatch.body)
        _ = try await caller.send("POST", "\(url)/acknowledge", token: try await staffToken("peer", peer: peer))
        return peer
    }

    func atBedside(_ match: String, _ peer: PeerID) async throws {
        let token = try await staffToken("peer", peer: peer)
        let url = "\(addresses.matching)/v1/matches/\(match)"
        _ = try await caller.send("POST", "\(url)/arrive", token: token)
        _ = try await caller.send("POST", "\(url)/end", token: token, ["outcome": "seen-accepted"])
    }

    func plan(of referral: Accepted) async throws -> StartedPlan {
        let token = try await staffToken("supervisor")
        var plan: JSONValue?
        try await eventually("a contact plan") {
            let list = try await caller.send(
                "GET", "\(addresses.scheduling)/v1/plans?participantID=\(referral.participantID)", token: token)
            plan = list.body[["items"]]?.array?.first
            return plan != nil
        }
        guard let plan else { throw Stuck(waitingFor: "a contact plan") }
        return StartedPlan(planID: try text(plan, ["planID"]), programme: try text(plan, ["programme"]))
    }

    func recordContact(_ referral: Accepted, _ plan: StartedPlan, _ peer: PeerID) async throws {
        _ = try await caller.send(
            "POST", "\(addresses.scheduling)/v1/contacts", token: try await staffToken("peer", peer: peer),
            [
                "participantID": .string(referral.participantID), "planID": .string(plan.planID), "mode": "phone",
                "outcome": "reached", "occurredAt": .string(clock.now().description),
            ], key: UUID().uuidString)
    }

    /// Ten answers to the BARC-10; returns the score.
    func assess(_ referral: Accepted, _ peer: PeerID) async throws -> Int {
        let answers = [5, 4, 4, 3, 5, 5, 4, 6, 4, 5]
        let items = answers.enumerated().map { index, answer -> JSONValue in
            ["item": .string("\(index + 1)"), "value": .number(JSONNumber(answer))]
        }
        var answer: Caller.Answer?
        let token = try await staffToken("peer", peer: peer)
        // `outcomes` lets a peer in when it has heard of the match; until then the participant is not theirs.
        try await eventually("the peer to be known to outcomes") {
            let tried = try await caller.send(
                "POST", "\(addresses.outcomes)/v1/assessments", token: token,
                [
                    "participantID": .string(referral.participantID), "instrument": "barc-10", "mode": "interview",
                    "answers": .array(items),
                ], key: "journey-\(referral.referralID)", expecting: [201, 403, 404])
            answer = tried
            return tried.status == 201
        }
        guard let score = answer?.body[["score", "value"]]?.integer else { throw Stuck(waitingFor: "a score") }
        return score
    }

    func timeline(of referral: Accepted) async throws -> Int {
        let url = "\(addresses.outcomes)/v1/participants/\(referral.participantID)/timeline"
        let answer = try await caller.send("GET", url, token: try await staffToken("supervisor"))
        return answer.body[["items"]]?.array?.count ?? 0
    }

    /// Whether the measure has seen the referral and how long its first contact took.
    func isMeasured(_ referral: Accepted) async throws -> Bool {
        let today = clock.now().dateInUTC
        let measure = "\(addresses.outcomes)/v1/measures/referral-to-first-contact"
        let answer = try await caller.send(
            "GET", "\(measure)?from=\(today.adding(days: -1))&to=\(today.adding(days: 1))&view=detail",
            token: try await staffToken("supervisor"))
        // The share within two days is only told once the two days are over; the time it took is known at once.
        let pending = answer.body[["parts", 0, "notYetObserved"]]?.array ?? []
        let counted = answer.body[["parts", 0, "numerator"]]?.array ?? []
        let observed = answer.body[["timing", "observed"]]?.integer ?? 0
        return observed > 0 && (pending + counted).contains(.string(referral.engagementID))
    }
}
