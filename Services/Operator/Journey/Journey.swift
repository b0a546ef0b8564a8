import FoundationEssentials
import Models

/// Plays the main journey through the services' public APIs, as a hospital, a peer and a coordinator would.
///
/// Each step is printed with the time since the start. It registers a hospital of its own, and refers a person who does
/// not exist.
struct Journey: Sendable {
    let addresses: SuiteAddresses
    let agency: AgencyID
    let issuer: LocalIssuer
    let caller: Caller
    let clock: WallClock
    /// Told of each step that has been taken: who, and what.
    let report: @Sendable (_ who: String, _ what: String) async throws -> Void

    /// Something that did not come to pass in time.
    struct Stuck: Error, CustomStringConvertible {
        let waitingFor: String
        var description: String { "waited in vain for \(waitingFor)" }
    }

    func play() async throws {
        let hospital = try await registerHospital(
            "General Hospital \(UUID().uuidString.prefix(8))", intakePolicy: "review")
        try await report("the operator", "registers the hospital “\(hospital.name)” with its public key")
        _ = try await peerOnCall()
        try await report("the supervisor", "sees that a peer is on call")

        let token = try await token(of: hospital)
        try await report("the hospital", "gets a token (SMART Backend Services, ES384)")
        let task = try await refer(from: hospital, token)
        try await report("the hospital", "refers a person after an overdose; Task \(try await status(of: task, token))")
        let referral = try await accept(from: hospital)
        try await report("the coordinator", "sees the referral accepted; Task \(try await status(of: task, token))")

        let match = try await match(of: referral)
        let matched = try await acknowledge(match)
        try await report("the peer", "acknowledges the dispatch")
        try await eventually("the Task to be in progress") { try await status(of: task, token) == "in-progress" }
        try await report("the hospital", "sees its Task in-progress")
        try await atBedside(match, matched)
        try await report("the peer", "is at the bedside; the person accepts support")

        let plan = try await plan(of: referral)
        try await report("scheduling", "has started the contact plan “\(plan.programme)”")
        try await recordContact(referral, plan, matched)
        try await report("the peer", "records the first contact after discharge")
        let score = try await assess(referral, matched)
        try await report("the peer", "records a BARC-10: \(score) of 60")

        try await close(referral)
        try await report("the coordinator", "closes the loop: the need was met")
        try await eventually("the Task to be completed") { try await status(of: task, token) == "completed" }
        try await report("the hospital", "sees its Task completed")
        let events = try await timeline(of: referral)
        try await report("outcomes", "has \(events) events on the person's timeline")
        try await eventually("the first contact to count") { try await isMeasured(referral) }
        try await report("outcomes", "counts the referral in “referral to first contact”")
    }

    /// Tries a few times a second until it holds.
    func eventually(
        _ what: String, within limit: Duration = .seconds(30), _ condition: () async throws -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + limit
        while try await !condition() {
            guard ContinuousClock.now < deadline else { throw Stuck(waitingFor: what) }
            try await _Concurrency.Task.sleep(for: .milliseconds(100))
        }
    }

    func staffToken(_ role: String, peer: PeerID? = nil) async throws -> String {
        try await issuer.staffToken(role, agency: agency, peer: peer, at: clock.now())
    }
}
