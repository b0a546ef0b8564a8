internal import Hummingbird
internal import Models
internal import SchedulingDomain
internal import ServiceKit

extension SchedulingAPI {
    /// When peers work, and which of their times are free.
    func addAvailability(to routes: inout Routes) {
        routes.add(
            Route(
                .get, "/v1/peers/{peerID}/availability", "readAvailability", "A peer's weekly hours and absences.",
                access: .staff, discloses: []
            ), readAvailability
        )
        routes.add(
            Route(
                .put, "/v1/peers/{peerID}/availability", "replaceAvailability",
                "Replace a peer's weekly hours and absences.", access: .staff, discloses: []
            ), replaceAvailability
        )
        routes.add(
            Route(
                .get, "/v1/peers/{peerID}/free-slots", "listFreeSlots",
                "Times that are free for a peer, and for a participant where one is named.", access: .staff,
                discloses: [.presence, .contact]
            ), listFreeSlots
        )
    }

    @Sendable private func readAvailability(_ request: Request, _ context: APIContext) async throws -> Response {
        let peerID: PeerID = try context.parameter("peerID")
        let availability = try await transaction(context) { work, reach in
            try reach.require(peerID: peerID)
            let availability = try await AvailabilityStore.find(peerID, in: work.transaction)
            try work.transaction.audit(AuditRecord(.read, under: try context.permit()), context)
            return availability
        }
        return try .ok(AvailabilityView(availability), etag: availability?.version ?? 0)
    }

    @Sendable private func replaceAvailability(_ request: Request, _ context: APIContext) async throws -> Response {
        let peerID: PeerID = try context.parameter("peerID")
        let version = try request.ifMatch
        let body = try await request.decode(ReplaceAvailability.self, context: context)
        var availability = try body.availability(of: peerID)
        availability.version = try await transaction(context) { [availability] work, reach in
            try reach.require(peerID: peerID)
            try work.transaction.audit(AuditRecord(.update, under: try context.permit()), context)
            return try await AvailabilityStore.replace(availability, expecting: version, in: work)
        }
        return try .ok(AvailabilityView(availability), etag: availability.version)
    }

    @Sendable private func listFreeSlots(_ request: Request, _ context: APIContext) async throws -> Response {
        let peerID: PeerID = try context.parameter("peerID")
        let from: Instant? = try request.query("from")
        let until: Instant? = try request.query("until")
        let participantID: ParticipantID? = try request.query("participantID")
        let minutes = try request.query("minutes", as: Int.self) ?? 30
        guard (5...480).contains(minutes) else { throw Problem.invalid("minutes", "5 to 480") }
        let slots = try await transaction(context) { work, reach in
            try reach.require(peerID: peerID)
            let start = max(from ?? work.now, work.now)
            let end = min(until ?? start + .seconds(14 * 86_400), start + Availability.longestHorizon)
            guard let horizon = TimeSpan(from: start, until: end) else {
                throw Problem.invalid("until", "lies after 'from', and ahead")
            }
            var busy = try await AppointmentStore.busy(peerID, within: horizon, in: work)
            if let participantID {
                try await requireSupport(of: participantID, reach, in: work)
                busy += try await AppointmentStore.busy(participantID, within: horizon, in: work)
            }
            let availability = try await AvailabilityStore.find(peerID, in: work.transaction)
            // A peer's own times say nothing about anybody; what is taken for a participant says when they have contacts.
            var permit = try context.permit(classes: [])
            if let participantID { permit = try await self.permit(context, about: participantID, reach, in: work) }
            try work.transaction.audit(
                AuditRecord(.search, under: permit, participantIDs: participantID.map { [$0] } ?? []), context)
            return availability?.freeSlots(in: horizon, length: .seconds(minutes * 60), busy: busy) ?? []
        }
        // As many as a page of any list; whoever wants later ones asks from the last one's end.
        return try .ok(Page(items: Array(slots.prefix(PageRequest.largestLimit)), next: nil))
    }
}
