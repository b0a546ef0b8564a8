import Logging
import MessageTable
import Models
import Postgres

/// Makes the demo from beginning to end.
struct DemoProduction: Sendable {
    let model: DemoModel
    /// When each day begins; the past ends with the beginning of the last one.
    let days: [Instant]
    let seed: UInt64
    let addresses: SuiteAddresses
    let issuer: LocalIssuer
    /// As a worker login.
    let log: Pool
    let registry: DemoRegistry

    /// A demo that was begun and has not come to its end: another command is at it, or was killed. A past that was cut off
    /// cannot be gone on with.
    struct HalfMade: Error, CustomStringConvertible {
        let description = """
            the demo agency was begun and is not finished: wait for the command that makes it, or begin anew with an \
            empty database
            """
    }

    /// A message that a service could not handle: the past is not what it should be.
    struct Unhandled: Error, CustomStringConvertible {
        let count: Int
        var description: String { "\(count) messages could not be handled: see handrail messages parked" }
    }

    /// True when it was made, false when it was there already.
    func make(_ participants: Int) async throws -> Bool {
        guard let begins = days.first, let end = days.last else { return false }
        let caller = Caller()
        let rehearsal = Rehearsal(log, agency: DemoAgency.id)
        let hospitals = Hospitals(registrar(caller), model.hospitals)
        let tokens = TokenPurse(issuer, agency: DemoAgency.id) { try await hospitals.token($0) }
        let stage = Stage(addresses: addresses, agency: DemoAgency.id, caller: caller, tokens: tokens)
        let agency = DemoAgency(model: model, stage: stage, days: days)
        switch try await registry.state() {
        case .complete: return false
        case .half: throw HalfMade()
        case .new: break
        }
        try await stage.requireRehearsal(at: begins)
        guard try await registry.begin() else { throw HalfMade() }
        let peers = try await agency.hirePeers()
        try await hospitals.register()
        let stories = StoryTeller(model: model, random: SeededRandom(seed: seed))
            .stories(participants, from: begins, until: end)
        let play = Play(
            agency: agency, stillness: Stillness(rehearsal: rehearsal, addresses: addresses, caller: caller),
            progress: DemoProgress(days: days.count - 1).report)
        try await play.perform(stories, peers: peers)
        let unhandled = try await LogOperator(log).parked(onlyDead: false, limit: 200).count
        guard unhandled == 0 else { throw Unhandled(count: unhandled) }
        // Between the end of the made-up past and the present nobody lived.
        _ = try await rehearsal.forget(until: WallClock.system.now())
        _ = try await rehearsal.withdrawDeliveries()
        try await agency.finish(peers)
        try await registry.complete()
        return true
    }

    /// Registers hospitals and gets their tokens as the journey does.
    private func registrar(_ caller: Caller) -> Journey {
        Journey(
            addresses: addresses, agency: DemoAgency.id, issuer: issuer, caller: caller, clock: .system,
            report: { _, _ in })
    }
}

/// The demo's hospitals, with keys of their own.
actor Hospitals {
    private let registrar: Journey
    private let names: [String]
    private var hospitals: [Journey.Hospital] = []

    init(_ registrar: Journey, _ names: [String]) {
        self.registrar = registrar
        self.names = names
    }

    func register() async throws {
        for name in names { hospitals.append(try await registrar.registerHospital(name, intakePolicy: "auto")) }
    }

    func token(_ place: Int) async throws -> String { try await registrar.token(of: hospitals[place]) }
}

/// Says on standard error how far the play is, a line each twentieth of the way.
struct DemoProgress: Sendable {
    let days: Int

    func report(_ day: Int) {
        let step = max(1, days / 20)
        guard day % step == 0 || day == days else { return }
        Logger.command.notice("the demo's past", metadata: ["day": "\(day) of \(days)"])
    }
}
