import JSON
import Models

// The contact plan, as the peer lives up to it.
extension Play {
    /// Puts on the agenda what the person's new plans ask for: contacts, reviews, their end.
    func newPlans(of person: inout Participant, _ index: Int, at time: Instant) async throws -> [Act] {
        guard let participantID = person.participantID else { return [] }
        let url = "\(stage.addresses.scheduling)/v1"
        let list = try await stage.call(.supervisor, "GET", "\(url)/plans?participantID=\(participantID)", at: time)
        var acts: [Act] = []
        for id in list.body[["items"]]?.array?.compactMap({ $0[["planID"]]?.string }) ?? [] {
            guard person.plans.insert(id).inserted else { continue }
            let plan = try await stage.call(.supervisor, "GET", "\(url)/plans/\(id)", at: time).body
            let booked = try await stage.call(
                .supervisor, "GET", "\(url)/appointments?participantID=\(participantID)&from=\(time)", at: time)
            let appointment = booked.body[["items"]]?.array?.first { $0[["planID"]]?.string == id }
            acts += contacts(of: plan, appointment, &person, index, at: time)
            acts += reviews(of: plan, person, index)
        }
        return acts
    }

    private func contacts(
        of plan: JSONValue, _ appointment: JSONValue?, _ person: inout Participant, _ index: Int, at time: Instant
    ) -> [Act] {
        guard let id = plan[["planID"]]?.string else { return [] }
        var acts: [Act] = []
        var missed = 0
        for contact in plan[["contacts"]]?.array ?? [] {
            guard contact[["status"]]?.string == "planned",
                let from = contact[["dueFrom"]]?.string.flatMap({ Instant($0) }),
                let until = contact[["dueUntil"]]?.string.flatMap({ Instant($0) }), from < end
            else { continue }
            let isBooked = contact[["sequence"]]?.integer == appointment?[["sequence"]]?.integer
            let booked = isBooked ? appointment?[["startsAt"]]?.string.flatMap { Instant($0) } : nil
            let opens = max(from, time)
            let room = max(1, Int((until - opens).components.seconds) - 1)
            let at = booked ?? opens + .seconds(Int.random(in: 0..<room, using: &person.chances))
            let isReached = person.chances.chance(person.reachedPercent(at: at))
            let mode = mode(of: plan, &person)
            let outcome: ContactOutcome = isReached ? .reached : person.chances.pick([.notReached, .leftMessage])
            acts.append(
                Act(
                    person: index, at: at,
                    kind: .contact(
                        plan: id, mode, isReached || booked == nil ? outcome : .noShow,
                        appointment: booked == nil ? nil : appointment?[["appointmentID"]]?.string,
                        withSupports: isReached && person.chances.chance(25))))
            guard !isReached else {
                missed = 0
                continue
            }
            missed += 1
            acts += outreach(for: id, after: until, &person, index)
            // Nobody is given up before outreach has gone on to locating, ten days after a missed contact.
            if missed == 3 {
                acts.append(Act(person: index, at: until + .seconds(12 * 86_400), kind: .giveUp(plan: id)))
                return acts
            }
        }
        return acts
    }

    /// Three attempts over two channels after a missed contact (FACTS 4.6); whoever answers is in contact again.
    private func outreach(
        for plan: String, after missed: Instant, _ person: inout Participant, _ index: Int
    ) -> [Act] {
        var acts: [Act] = []
        for (days, mode) in [(1, ContactMode.phone), (3, .text), (6, .inPerson)] {
            let at = missed + .seconds(days * 86_400 + Int.random(in: 0...7200, using: &person.chances))
            let isReached = person.chances.chance(person.reachedPercent(at: at) / 2)
            acts.append(
                Act(
                    person: index, at: at,
                    kind: .contact(
                        plan: plan, mode, isReached ? .reached : .notReached, appointment: nil, withSupports: false)))
            if isReached { break }
        }
        return acts
    }

    private func mode(of plan: JSONValue, _ person: inout Participant) -> ContactMode {
        let meets = plan[["programme"]]?.string == ProgrammeCode.criticalTimeIntervention.rawValue
        return person.chances.chance(meets ? 70 : 25) ? .inPerson : person.chances.pick([.phone, .phone, .video])
    }

    private func reviews(of plan: JSONValue, _ person: Participant, _ index: Int) -> [Act] {
        guard let id = plan[["planID"]]?.string, let code = plan[["programme"]]?.string,
            code != ProgrammeCode.recoveryCheckUps.rawValue
        else { return [] }
        let phases = plan[["phases"]]?.array ?? []
        return phases.indices.compactMap { place in
            // Reviews are held in a phase's last week.
            guard let ends = phases[place][["endsOn"]]?.string.flatMap({ CivilDate($0) }) else { return nil }
            let held = Instant(unixSeconds: Int64(ends.daysSince1970 - 2) * 86_400 + 15 * 3600 + Int64(index % 3600))
            if let next = phases.indices.contains(place + 1) ? phases[place + 1][["phase"]]?.string : nil {
                return Act(person: index, at: held, kind: .goOver(plan: id, to: next))
            }
            return Act(person: index, at: held, kind: .endPlan(plan: id, programme: ProgrammeCode(rawValue: code)))
        }
    }

    /// A contact, or an attempt at one, is written down; the first that reaches the person brings on the rest.
    func contact(
        _ act: Act, _ plan: String, _ mode: ContactMode, _ outcome: ContactOutcome, appointment: String?,
        withSupports: Bool, _ person: inout Participant
    ) async throws -> [Act] {
        guard let participantID = person.participantID, let peer = try await peer(of: plan, at: act.at)
        else { return [] }
        var body: JSONValue = [
            "participantID": .string(participantID), "planID": .string(plan), "mode": .string(mode.rawValue),
            "outcome": .string(outcome.rawValue), "occurredAt": .string(act.at.description),
        ]
        if let appointment { body[["appointmentID"]] = .string(appointment) }
        if outcome == .reached {
            body[["minutes"]] = .number(JSONNumber(Int.random(in: 10...55, using: &person.chances)))
            body[["withSupports"]] = .bool(withSupports)
            body[["supportTypes"]] = .array([.string(person.chances.pick(Self.supportTypes))])
        }
        _ = try await stage.call(
            .peer(peer), "POST", "\(stage.addresses.scheduling)/v1/contacts", body, at: act.at)
        guard outcome == .reached, person.firstReachedAt == nil else { return [] }
        person.firstReachedAt = act.at
        return afterFirstContact(act, &person)
    }

    private static let supportTypes = ["emotional", "informational", "instrumental", "affiliational"]

    /// Who lives up to a plan: after a second overdose that may be another peer than for the plan before. Nil when it
    /// has ended.
    private func peer(of plan: String, at time: Instant) async throws -> PeerID? {
        let found = try await stage.call(
            .supervisor, "GET", "\(stage.addresses.scheduling)/v1/plans/\(plan)", at: time)
        guard found.body[["status"]]?.string != "closed" else { return nil }
        return found.body[["peerID"]]?.string.flatMap { PeerID($0) }
    }
}
