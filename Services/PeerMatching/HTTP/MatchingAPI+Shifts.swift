internal import Hummingbird
internal import Models
internal import PeerMatchingDomain
internal import ServiceKit

/// `POST /v1/shifts`.
struct CreateShiftRequest: Decodable {
    var peerID: PeerID
    var line: String
    /// 1 is asked first.
    var callOrder: Int
    var startsAt: Instant
    var endsAt: Instant
}

/// A shift as it is shown.
struct ShiftView: Encodable {
    let shiftID: ID<Shift>
    let peerID: PeerID
    let line: String
    let callOrder: Int
    let startsAt: Instant
    let endsAt: Instant

    init(_ shift: Shift) {
        shiftID = shift.id
        peerID = shift.peerID
        line = shift.line
        callOrder = shift.callOrder
        startsAt = shift.startsAt
        endsAt = shift.endsAt
    }
}

/// Who is on call on a line.
struct OnCallView: Encodable {
    let line: String
    let at: Instant
    let shifts: [ShiftView]
}

extension MatchingAPI {
    func addShifts(to routes: inout Routes) {
        routes.add(
            Route(
                .post, "/v1/shifts", "createShift", "Puts a peer on call.", access: .office, discloses: [],
                idempotency: .supported), createShift)
        routes.add(
            Route(
                .delete, "/v1/shifts/{shiftID}", "deleteShift", "Takes a shift away.", access: .office, discloses: []),
            deleteShift)
        routes.add(
            Route(
                .get, "/v1/on-call", "readOnCall", "Who is on call on a line, now or at `at`.", access: .staff,
                discloses: []),
            readOnCall)
    }

    @Sendable
    private func createShift(_ request: Request, context: APIContext) async throws -> Response {
        let body = try await request.decode(CreateShiftRequest.self, context: context)
        let shift = Shift(
            id: ids.new(), peerID: body.peerID, line: body.line, callOrder: body.callOrder, startsAt: body.startsAt,
            endsAt: body.endsAt)
        try Faults.check(shift.faults())
        return try await inTransaction(context) { store, _ in
            let record = AuditRecord(.create, under: try context.permit())
            return try await store.transaction.once(context, resource: shift.id.rawValue, recording: record) {
                try await store.insert(shift, try await store.policy().rota)
            } answer: { id in
                let stored = try await store.shift(ID(rawValue: id))
                return try .created(ShiftView(stored), at: "/v1/shifts/\(stored.id)")
            }
        }
    }

    @Sendable
    private func deleteShift(_ request: Request, context: APIContext) async throws -> Response {
        let id = try context.parameter("shiftID", as: ID<Shift>.self)
        return try await inTransaction(context) { store, _ in
            try await store.deleteShift(id)
            try store.transaction.audit(AuditRecord(.delete, under: try context.permit()), context)
            return .noContent
        }
    }

    @Sendable
    private func readOnCall(_ request: Request, context: APIContext) async throws -> Response {
        let line = try request.query("line", as: String.self)
        let at = try request.query("at", as: Instant.self) ?? clock.now()
        return try await inTransaction(context) { store, _ in
            var asked = line
            if asked == nil { asked = try await store.policy().dispatch.line }
            let named = asked ?? ""
            let shifts = try await store.onCall(line: named, at: at)
            try store.transaction.audit(AuditRecord(.read, under: try context.permit()), context)
            return try .ok(OnCallView(line: named, at: at, shifts: shifts.map(ShiftView.init)))
        }
    }
}
