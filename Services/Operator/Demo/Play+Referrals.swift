import JSON
import Models

// From the referral to the contact plan.
extension Play {
    /// Somebody is referred, a peer is found, the plan begins; returns what follows.
    func refer(_ act: Act, _ person: inout Participant) async throws -> [Act] {
        guard case .refer(let visit) = act.kind else { return [] }
        let story = person.story
        let isEmergency = story.door.isEmergency || visit > 0
        if story.door.fromHospital || visit > 0 {
            try await referByHospital(story, visit: visit, isEmergency: isEmergency, at: act.at)
        } else {
            try await referByPhone(story, at: act.at)
        }
        try await stillness.reach()
        let referral = try await newestReferral(at: act.at)
        guard let participantID = referral[["participantID"]]?.string else {
            throw Journey.Stuck(waitingFor: "a referral's participant")
        }
        person.participantID = participantID
        person.openReferral = referral[["referralID"]]?.string
        guard let match = try await openMatch(of: participantID, at: act.at) else {
            throw Journey.Stuck(waitingFor: "a match for the referral")
        }
        if isEmergency {
            try await dispatch(match, visit == 0 ? story.visit : story.again?.visit ?? story.visit, act, &person)
        } else {
            try await choose(match, act, &person)
        }
        try await stillness.reach()
        return try await newPlans(of: &person, act.person, at: act.at + .seconds(4 * 3600))
    }

    private func referByHospital(_ story: Story, visit: Int, isEmergency: Bool, at time: Instant) async throws {
        var bundle = ReferralBundle(
            family: story.family, given: story.given, birthDate: story.birthDate.description,
            recordNumber: story.recordNumber, orderNumber: story.orderNumber(visit),
            hospital: agency.model.hospitals[story.hospital], authoredAt: time)
        bundle.isEmergency = isEmergency
        _ = try await stage.call(
            .hospital(story.hospital), "POST", "\(stage.addresses.referrals)/fhir", bundle.json, at: time)
    }

    /// A coordinator writes down a call and takes the person on.
    private func referByPhone(_ story: Story, at time: Instant) async throws {
        let url = "\(stage.addresses.referrals)/v1/referrals"
        let referral = try await stage.call(
            .coordinator, "POST", url,
            [
                "setting": .string(story.door.setting.rawValue), "priority": .string(story.door.priority.rawValue),
                "placerIdentifier": .string(story.orderNumber(0)), "languages": ["en"],
                "person": [
                    "givenName": .string(story.given), "familyName": .string(story.family),
                    "birthDate": .string(story.birthDate.description),
                ],
            ], at: time)
        guard let id = referral.body[["referralID"]]?.string else {
            throw Journey.Stuck(waitingFor: "a referral's id")
        }
        if referral.body[["status"]]?.string == "requested" {
            try await stage.change(.coordinator, "\(url)/\(id)", "accept", nil, at: time + .seconds(900))
        }
    }

    private func newestReferral(at time: Instant) async throws -> JSONValue {
        let list = try await stage.call(
            .coordinator, "GET", "\(stage.addresses.referrals)/v1/referrals?limit=1", at: time)
        guard let referral = list.body[["items", 0]] else { throw Journey.Stuck(waitingFor: "a referral in the list") }
        return referral
    }

    private func openMatch(of participantID: String, at time: Instant) async throws -> String? {
        let list = try await stage.call(
            .supervisor, "GET", "\(stage.addresses.matching)/v1/matches?participantID=\(participantID)", at: time)
        return list.body[["items"]]?.array?.first { match in
            ["offered", "proposed"].contains(match[["status"]]?.string)
        }?[["matchID"]]?.string
    }

    /// The peer on call goes to the bedside.
    private func dispatch(
        _ match: String, _ visit: Story.Visit, _ act: Act, _ person: inout Participant
    ) async throws {
        let url = "\(stage.addresses.matching)/v1/matches/\(match)"
        var time = act.at
        if visit.nobodyAnswersFirst {
            // The deadline to acknowledge comes, and the next peer is asked.
            time = time + .seconds(301)
            try await stillness.pass(until: time)
        }
        let asked = try await stage.call(.supervisor, "GET", url, at: time)
        let offers = asked.body[["offers"]]?.array ?? []
        guard let peer = offers.last?[["peerID"]]?.string.flatMap({ PeerID($0) }) else {
            throw Journey.Stuck(waitingFor: "a peer on call")
        }
        person.peer = peer
        time = time + visit.acknowledgedAfter
        _ = try await stage.call(.peer(peer), "POST", "\(url)/acknowledge", at: time)
        // A peer on the way, the plan that begins and the visit that ends are told by messages of their own, in any order:
        // as the minutes between them would, each is heard before the next.
        try await stillness.reach()
        time = time + visit.travels
        if visit.outcome != .leftBeforeArrival {
            _ = try await stage.call(.peer(peer), "POST", "\(url)/arrive", at: time)
            try await stillness.reach()
            time = time + visit.stays
        }
        _ = try await stage.call(
            .peer(peer), "POST", "\(url)/end", ["outcome": .string(visit.outcome.rawValue)], at: time)
        if [.seenDeclined, .refusedContact, .died].contains(visit.outcome) {
            // The loop has closed with the visit.
            (person.isLost, person.openReferral) = (true, nil)
        }
    }

    /// A supervisor chooses the first of the ranking.
    private func choose(_ match: String, _ act: Act, _ person: inout Participant) async throws {
        let url = "\(stage.addresses.matching)/v1/matches/\(match)"
        let time = act.at + .seconds(Int.random(in: 1...6, using: &person.chances) * 1800)
        let proposed = try await stage.call(.supervisor, "GET", url, at: time)
        guard let peer = proposed.body[["ranking", "eligible", 0, "peerID"]]?.string, let id = PeerID(peer) else {
            throw Journey.Stuck(waitingFor: "a peer with room in the caseload")
        }
        person.peer = id
        _ = try await stage.call(.supervisor, "POST", "\(url)/choose", ["peerID": .string(peer)], at: time)
    }
}
