internal import Hummingbird
internal import Models
internal import SchedulingDomain
internal import ServiceKit

extension SchedulingAPI {
    /// Booking, reading and moving appointments on.
    func addAppointments(to routes: inout Routes) {
        routes.add(
            Route(
                .get, "/v1/appointments", "listAppointments",
                "Appointments by their start, of a peer or a participant.",
                access: .staffAndParticipants, discloses: [.presence, .contact]
            ), listAppointments
        )
        routes.add(
            Route(
                .post, "/v1/appointments", "bookAppointment", "Book a time that is free for both.", access: .staff,
                discloses: [.presence, .contact], idempotency: .supported
            ), bookAppointment
        )
        routes.add(
            Route(
                .get, "/v1/appointments/{appointmentID}", "readAppointment", "An appointment.",
                access: .staffAndParticipants, discloses: [.presence, .contact]
            ), readAppointment
        )
        step("arrive", "arriveAtAppointment", "Both are there.", in: &routes) { (_: NoFields, appointment, _) in
            try appointment.arrive()
        }
        step("fulfil", "fulfilAppointment", "It took place.", in: &routes) { (_: NoFields, appointment, _) in
            try appointment.fulfil()
        }
        step("cancel", "cancelAppointment", "It will not take place.", in: &routes) {
            (body: CancelAppointment, appointment, _) in try appointment.cancel(body.reason)
        }
        step("no-show", "missAppointment", "The participant did not come.", in: &routes) {
            (_: NoFields, appointment, now) in try appointment.noShow(at: now)
        }
    }

    @Sendable private func listAppointments(_ request: Request, _ context: APIContext) async throws -> Response {
        let page = try request.page()
        let participantID: ParticipantID? = try request.query("participantID")
        let peerID: PeerID? = try request.query("peerID")
        let from: Instant? = try request.query("from")
        let until: Instant? = try request.query("until")
        let appointments = try await transaction(context) { work, reach in
            let start = from ?? work.now - .seconds(86_400)
            let filter = AppointmentQueries.Filter(
                peerID: try reach.peer(asked: peerID), participantID: try reach.participant(asked: participantID),
                from: start, until: until ?? start + .seconds(32 * 86_400)
            )
            let found = try await AppointmentQueries.page(filter, page, in: work)
            let appointments = Page(found.map(AppointmentView.init), limit: page.limit) {
                [$0.startsAt.description, $0.appointmentID.description]
            }
            return try await context.audited(
                appointments, about: \.participantID, asked: filter.participantID, as: reach.relationship,
                in: work.transaction, at: work.now)
        }
        return try .ok(appointments)
    }

    @Sendable private func readAppointment(_ request: Request, _ context: APIContext) async throws -> Response {
        let appointmentID: AppointmentID = try context.parameter("appointmentID")
        let appointment = try await transaction(context) { work, reach in
            let appointment = try await reachable(appointmentID, reach, in: work)
            let permit = try await permit(context, about: appointment.participantID, reach, in: work)
            try work.transaction.audit(
                AuditRecord(.read, under: permit, participantIDs: [appointment.participantID]), context)
            return appointment
        }
        return try .ok(AppointmentView(appointment), etag: appointment.version)
    }

    @Sendable private func bookAppointment(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await request.decode(BookAppointment.self, context: context).bounded()
        return try await transaction(context) { work, reach in
            let appointmentID: AppointmentID = ids.new()
            let permit = try await permit(context, about: body.participantID, reach, in: work)
            let person = try await person(body.participantID, in: work)
            let record = AuditRecord(.create, under: permit, participantIDs: person)
            return try await work.transaction.once(context, resource: appointmentID.rawValue, recording: record) {
                let appointment = try await appointment(body, id: appointmentID, reach, in: work)
                try await AppointmentStore.book(appointment, in: work)
            } answer: { id in
                let appointment = try await reachable(AppointmentID(rawValue: id), reach, in: work)
                return try .created(
                    AppointmentView(appointment), at: "/v1/appointments/\(appointment.id)", etag: appointment.version
                )
            }
        }
    }

    private func appointment(
        _ body: BookAppointment, id: AppointmentID, _ reach: Reach, in work: UnitOfWork
    ) async throws -> Appointment {
        try reach.require(peerID: body.peerID)
        var referralID: ReferralID?
        // What belongs to a plan stands under the plan's id, whichever id of the person was given.
        var participantID = body.participantID
        if let planID = body.planID {
            let plan = try await reachable(planID, reach, in: work)
            guard try await isOne(plan.participantID, body.participantID, in: work), plan.peerID == body.peerID else {
                throw Problem.invalid("/planID", "the plan is of another participant or another peer")
            }
            participantID = plan.participantID
            if let sequence = body.sequence, !plan.contacts.contains(where: { $0.sequence == sequence }) {
                throw Problem.invalid("/sequence", "the plan has no such contact")
            }
            referralID = plan.referralID
        } else {
            try await requireSupport(of: body.participantID, reach, in: work)
        }
        guard let time = TimeSpan(from: body.startsAt, until: body.endsAt) else {
            throw Refusal(.appointmentTime, "an appointment ends after its start")
        }
        let availability = try await AvailabilityStore.find(body.peerID, in: work.transaction)
        // Hours may be left for a good reason; an absence may not.
        if availability?.absences.contains(where: { $0.time.overlaps(time) }) == true {
            throw Refusal(.peerAbsent, "the peer is absent at that time")
        }
        return try Appointment(
            booking: id, participantID: participantID, peerID: body.peerID, planID: body.planID,
            sequence: body.sequence, referralID: referralID, time: time, mode: body.mode, place: body.place,
            at: work.now
        )
    }

    private func reachable(_ id: AppointmentID, _ reach: Reach, in work: UnitOfWork) async throws -> Appointment {
        guard let appointment = try await AppointmentStore.find(id, in: work.transaction) else {
            throw Problem.notFound.denying(Denial(.hidden))
        }
        try reach.require(peerID: appointment.peerID, participantID: appointment.participantID)
        return appointment
    }

    private func step<Body: Decodable & Sendable>(
        _ name: String, _ operationID: String, _ summary: String, in routes: inout Routes,
        _ apply: @escaping @Sendable (Body, inout Appointment, Instant) throws -> Void
    ) {
        let route = Route(
            .post, "/v1/appointments/{appointmentID}/\(name)", operationID, summary, access: .staff,
            discloses: [.presence, .contact], idempotency: .supported
        )
        routes.add(route) { request, context in
            let id: AppointmentID = try context.parameter("appointmentID")
            let version = try request.ifMatch
            let body = try await NoFields.decode(Body.self, from: request, context: context)
            return try await transaction(context) { work, reach in
                let before = try await reachable(id, reach, in: work)
                let permit = try await permit(context, about: before.participantID, reach, in: work)
                let record = AuditRecord(.update, under: permit, participantIDs: [before.participantID])
                return try await work.transaction.once(
                    context, resource: id.rawValue, status: .ok, recording: record
                ) {
                    try await AppointmentStore.update(id, expecting: version, in: work) {
                        try apply(body, &$0, work.now)
                    }
                } answer: { _ in
                    let appointment = try await reachable(id, reach, in: work)
                    return try .ok(AppointmentView(appointment), etag: appointment.version)
                }
            }
        }
    }
}
