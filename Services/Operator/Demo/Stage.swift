import JSON
import Models

/// Calls the services' public APIs as the people of the demo would, each call at a time of its own.
struct Stage: Sendable {
    let addresses: SuiteAddresses
    let agency: AgencyID
    let caller: Caller
    let tokens: TokenPurse

    /// One call; its answer's body and version.
    ///
    /// - Parameters:
    ///   - who: the role of the agency's person, or the hospital.
    ///   - statuses: what is expected; anything else is thrown.
    ///   - time: when it happens; now, where nothing is rehearsed.
    func call(
        _ who: Persona, _ method: String, _ url: String, _ body: JSONValue? = nil, ifMatch: String? = nil,
        expecting statuses: Set<Int> = [200, 201, 204], at time: Instant?
    ) async throws -> Caller.Answer {
        try await caller.send(
            method, url, token: try await tokens.token(of: who), body, ifMatch: ifMatch,
            contentType: who.isHospital ? "application/fhir+json" : "application/json", expecting: statuses, at: time)
    }

    /// Asks each service whether it lets itself be told the time, before anything is made.
    ///
    /// - Throws: ``OperatorSettings/Mistake`` where one does not.
    func requireRehearsal(at time: Instant) async throws {
        for address in [addresses.referrals, addresses.matching, addresses.scheduling, addresses.outcomes] {
            _ = try await caller.send("GET", "\(address)/openapi.json", token: nil, at: time)
        }
    }

    /// A change that needs the version it is based on: read, then changed.
    func change(_ who: Persona, _ url: String, _ verb: String, _ body: JSONValue?, at time: Instant) async throws {
        for _ in 0..<5 {
            let current = try await call(who, "GET", url, at: time)
            let answer = try await call(
                who, "POST", "\(url)/\(verb)", body, ifMatch: current.etag, expecting: [200, 412], at: time)
            // 412: a message that was still on its way moved it meanwhile.
            if answer.status == 200 { return }
        }
        throw Journey.Stuck(waitingFor: "\(verb) on something that holds still")
    }

    /// All items of a list, page by page.
    func all(_ who: Persona, _ url: String) async throws -> [JSONValue] {
        var items: [JSONValue] = []
        var cursor: String?
        repeat {
            let page = try await call(who, "GET", url + (cursor.map { "&cursor=\($0)" } ?? ""), at: nil)
            items += page.body[["items"]]?.array ?? []
            cursor = page.body[["next"]]?.string
        } while cursor != nil
        return items
    }
}

/// Who calls.
enum Persona: Hashable, Sendable {
    case `operator`, coordinator, supervisor
    case peer(PeerID)
    /// One of the hospitals, by its place in the model.
    case hospital(Int)

    var isHospital: Bool {
        if case .hospital = self { true } else { false }
    }
}

/// The tokens of the people and hospitals of the demo; renewed before they end.
actor TokenPurse {
    private let issuer: LocalIssuer
    private let agency: AgencyID
    private let hospitalToken: @Sendable (Int) async throws -> String
    private var held: [Persona: (token: String, renewAt: ContinuousClock.Instant)] = [:]

    /// Tokens live for 300 s.
    private static let kept = Duration.seconds(240)

    init(_ issuer: LocalIssuer, agency: AgencyID, hospitalToken: @escaping @Sendable (Int) async throws -> String) {
        self.issuer = issuer
        self.agency = agency
        self.hospitalToken = hospitalToken
    }

    func token(of who: Persona) async throws -> String {
        if let (token, renewAt) = held[who], renewAt > .now { return token }
        let renewAt = ContinuousClock.now + Self.kept
        let token = try await newToken(of: who)
        held[who] = (token, renewAt)
        return token
    }

    /// Tokens are of today, whatever time the calls are of.
    private func newToken(of who: Persona) async throws -> String {
        let now = WallClock.system.now()
        switch who {
        case .operator: return try await issuer.staffToken("operator", agency: agency, at: now)
        case .coordinator: return try await issuer.staffToken("coordinator", agency: agency, at: now)
        case .supervisor: return try await issuer.staffToken("supervisor", agency: agency, at: now)
        case .peer(let id): return try await issuer.staffToken("peer", agency: agency, peer: id, at: now)
        case .hospital(let place): return try await hospitalToken(place)
        }
    }
}
