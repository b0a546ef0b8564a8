import JSON
import Models

// What is measured and reported on the way, and how phases, plans and loops end.
extension Play {
    func afterFirstContact(_ act: Act, _ person: inout Participant) -> [Act] {
        func later(_ days: Int, _ kind: Act.Kind) -> Act {
            Act(
                person: act.person,
                at: act.at + .seconds(days * 86_400 + Int.random(in: 0...20_000, using: &person.chances)), kind: kind)
        }
        var acts = [later(1, .barc10(month: 0)), later(1, .phq9)]
        for month in [3, 6, 12] { acts.append(later(month * 30, .barc10(month: month))) }
        for month in [6, 12] { acts.append(later(month * 30, .phq9)) }
        var day = 3
        for kind in person.story.course.events {
            day += Int.random(in: 4...60, using: &person.chances)
            if person.chances.chance(70) { acts.append(later(day, .event(kind))) }
        }
        acts.append(
            later(Int.random(in: 6...25, using: &person.chances), .closeLoop(person.story.course.closing)))
        return acts
    }

    /// Ten answers that come to about what the course says.
    func barc10(_ act: Act, month: Int, _ person: inout Participant) async throws -> [Act] {
        let course = person.story.course
        let aim = Double(course.barcAtStart) + Double(course.barcPerYear * month) / 12
        let answers = (1...10).map { _ -> Int in
            let noise = Double.random(in: -1.2...1.2, using: &person.chances)
            return min(6, max(1, Int((aim / 10 + noise).rounded())))
        }
        return try await assess("barc-10", answers, act, person)
    }

    func phq9(_ act: Act, _ person: inout Participant) async throws -> [Act] {
        var answers = (1...8).map { _ in person.chances.pick([0, 0, 0, 1, 1, 2, 3]) }
        answers.append(person.chances.chance(3) ? 1 : 0)
        return try await assess("phq-9", answers, act, person)
    }

    private func assess(_ instrument: String, _ answers: [Int], _ act: Act, _ person: Participant) async throws -> [Act]
    {
        guard let participantID = person.participantID, let peer = person.peer, !person.isLost else { return [] }
        let items = answers.enumerated().map { place, value -> JSONValue in
            ["item": .string("\(place + 1)"), "value": .number(JSONNumber(value))]
        }
        let answer = try await stage.call(
            .peer(peer), "POST", "\(stage.addresses.outcomes)/v1/assessments",
            [
                "participantID": .string(participantID), "instrument": .string(instrument), "mode": "interview",
                "answers": .array(items),
            ], at: act.at)
        for task in answer.body[["safetyTaskIDs"]]?.array?.compactMap(\.string) ?? [] {
            // A supervisor talks with the person within the hour.
            try await stage.change(
                .supervisor, "\(stage.addresses.outcomes)/v1/safety-tasks/\(task)", "close",
                ["disposition": "spoken-with-safe-today"], at: act.at + .seconds(2400))
        }
        return []
    }

    func report(_ act: Act, _ kind: String, _ person: inout Participant) async throws -> [Act] {
        guard let participantID = person.participantID, let peer = person.peer, !person.isLost else { return [] }
        var body: JSONValue = [
            "kind": .string(kind),
            // The day before, by any calendar: nothing is reported from the future.
            "occurredOn": .string((act.at - .seconds(86_400)).dateInUTC.description),
        ]
        switch kind {
        case "medication-started": body[["modality"]] = "buprenorphine"
        case "treatment-started": body[["modality"]] = "intensive-outpatient"
        case "return-to-use": body[["modality"]] = "opioids"
        default: break
        }
        _ = try await stage.call(
            .peer(peer), "POST", "\(stage.addresses.outcomes)/v1/participants/\(participantID)/events", body,
            at: act.at)
        return []
    }

    /// The review of a phase. Where it still owes something the supervisor says why it goes on all the same.
    func goOver(_ act: Act, _ plan: String, to phase: String, _ person: inout Participant) async throws -> [Act] {
        try await end(
            plan, "phase",
            [
                "to": .string(phase),
                "review": [
                    "heldOn": .string(act.at.dateInUTC.description),
                    "connections": [
                        ["support": "recovery residence", "strength": 2], ["support": "sister", "strength": 3],
                    ],
                    "nextFocusAreas": ["housing", "treatment-medication"],
                ],
            ], at: act.at)
        return []
    }

    func endPlan(
        _ act: Act, _ plan: String, _ programme: ProgrammeCode, _ person: inout Participant
    ) async throws -> [Act] {
        var body: JSONValue = ["reason": "completed", "note": "Goes on with check-ups by telephone."]
        if programme == .criticalTimeIntervention {
            let today = act.at.dateInUTC.description
            body[["finalMeetingOn"]] = .string(today)
            body[["supports"]] = .array(
                ["housing", "treatment-medication"].map { area in
                    ["area": .string(area), "support": "recovery centre", "lastConfirmedOn": .string(today)]
                })
        }
        try await end(plan, "close", body, at: act.at)
        return try await continuing(act, &person)
    }

    func giveUp(_ act: Act, _ plan: String, _ person: inout Participant) async throws -> [Act] {
        try await end(plan, "close", ["reason": "lost", "note": "Not found after outreach."], at: act.at)
        person.isLost = true
        let follows = try await closeLoop(act, .notReached, &person)
        return follows + (try await continuing(act, &person))
    }

    /// A plan that ended may be followed by check-ups for years: their contacts go on the agenda.
    private func continuing(_ act: Act, _ person: inout Participant) async throws -> [Act] {
        try await newPlans(of: &person, act.person, at: act.at + .seconds(60))
    }

    /// Ends a phase or a plan that still runs, by the rules, or with a supervisor's reason for leaving them aside.
    private func end(_ plan: String, _ verb: String, _ body: JSONValue, at time: Instant) async throws {
        let url = "\(stage.addresses.scheduling)/v1/plans/\(plan)"
        for reason in [nil, "the person's own pace"] as [String?] {
            let current = try await stage.call(.supervisor, "GET", url, at: time)
            guard current.body[["status"]]?.string != "closed" else { return }
            var body = body
            if let reason { body[["override"]] = ["reason": .string(reason)] }
            let answer = try await stage.call(
                .supervisor, "POST", "\(url)/\(verb)", body, ifMatch: current.etag, expecting: [200, 409, 412, 422],
                at: time)
            if answer.status == 200 { return }
        }
        throw Journey.Stuck(waitingFor: "\(verb) of a plan")
    }

    /// The coordinator tells the sender what became of the need.
    func closeLoop(_ act: Act, _ reason: ClosingReason, _ person: inout Participant) async throws -> [Act] {
        guard let referral = person.openReferral else { return [] }
        person.openReferral = nil
        try await stage.change(
            .coordinator, "\(stage.addresses.referrals)/v1/referrals/\(referral)", "close",
            ["reason": .string(reason.rawValue)], at: act.at)
        return []
    }
}
