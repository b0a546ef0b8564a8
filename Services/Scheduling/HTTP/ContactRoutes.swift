internal import Hummingbird
internal import Models
internal import SchedulingDomain
internal import ServiceKit

extension SchedulingAPI {
    /// What is due, and what took place.
    func addContacts(to routes: inout Routes) {
        routes.add(
            Route(
                .get, "/v1/contacts/due", "listDueContacts",
                "Planned contacts that are due, the most urgent first; missed ones while outreach goes on.",
                access: .staff, discloses: [.presence, .contact]
            ), listDue
        )
        routes.add(
            Route(
                .get, "/v1/contacts", "listContacts", "Contacts with a participant, the oldest first.",
                access: .staffAndParticipants, discloses: [.presence, .contact, .note]
            ), listContacts
        )
        routes.add(
            Route(
                .post, "/v1/contacts", "recordContact", "Record a contact, or an attempt at one.", access: .staff,
                discloses: [.presence, .contact, .note], idempotency: .supported
            ), recordContact
        )
        routes.add(
            Route(
                .get, "/v1/contacts/{contactID}", "readContact", "A recorded contact.", access: .staffAndParticipants,
                discloses: [.presence, .contact, .note]
            ), readContact
        )
    }

    @Sendable private func listDue(_ request: Request, _ context: APIContext) async throws -> Response {
        let page = try request.page()
        let asked: PeerID? = try request.query("peerID")
        let until: Instant? = try request.query("until")
        let contacts = try await transaction(context) { work, reach in
            let contacts = try await ContactQueries.due(
                peerID: try reach.peer(asked: asked), until: until ?? work.now + .seconds(7 * 86_400), page,
                in: work.transaction
            )
            let due = Page(contacts, limit: page.limit) {
                [$0.dueUntil.description, $0.planID.description, String($0.sequence)]
            }
            return try await context.audited(
                due, about: \.participantID, as: reach.relationship, in: work.transaction, at: work.now)
        }
        return try .ok(contacts)
    }

    @Sendable private func listContacts(_ request: Request, _ context: APIContext) async throws -> Response {
        let page = try request.page()
        let asked: ParticipantID? = try request.query("participantID")
        let contacts = try await transaction(context) { work, reach in
            // A participant reads their own, peers' notes with them (45 CFR 164.524).
            guard let participantID = try reach.participant(asked: asked) else {
                throw Problem.invalid("participantID", "is needed")
            }
            // A peer reads the history of whom they support now, theirs or an earlier peer's.
            try await requireSupport(of: participantID, reach, in: work)
            let permit = try await permit(context, about: participantID, reach, in: work)
            let contacts = try await ContactQueries.history(of: participantID, page, in: work)
            let told = Set([participantID] + contacts.map(\.participantID)).sorted()
            try work.transaction.audit(AuditRecord(.search, under: permit, participantIDs: told), context)
            return contacts.map { $0.within(permit) }
        }
        return try .ok(Page(contacts, limit: page.limit) { [$0.occurredAt.description, $0.contactID.description] })
    }

    @Sendable private func readContact(_ request: Request, _ context: APIContext) async throws -> Response {
        let contactID: ContactID = try context.parameter("contactID")
        let contact = try await transaction(context) { work, reach in
            let contact = try await reachable(contactID, reach, in: work)
            let permit = try await permit(context, about: contact.participantID, reach, in: work)
            try work.transaction.audit(
                AuditRecord(.read, under: permit, participantIDs: [contact.participantID]), context)
            return contact.within(permit)
        }
        return try .ok(contact, etag: contact.version)
    }

    @Sendable private func recordContact(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await request.decode(RecordContact.self, context: context).bounded()
        return try await transaction(context) { work, reach in
            let contactID: ContactID = ids.new()
            let permit = try await permit(context, about: body.participantID, reach, in: work)
            let person = try await person(body.participantID, in: work)
            let record = AuditRecord(.create, under: permit, participantIDs: person)
            return try await work.transaction.once(context, resource: contactID.rawValue, recording: record) {
                let contact = try await contact(body, id: contactID, reach, in: work)
                try await ContactStore.record(contact, in: work)
            } answer: { id in
                let contact = try await reachable(ContactID(rawValue: id), reach, in: work).within(permit)
                return try .created(contact, at: "/v1/contacts/\(contact.contactID)", etag: contact.version)
            }
        }
    }

    /// The contact that a body describes. Where it names no plan, its appointment does, else it belongs to the plan that
    /// began last.
    private func contact(
        _ body: RecordContact, id: ContactID, _ reach: Reach, in work: UnitOfWork
    ) async throws -> Contact {
        let appointment = try await appointment(of: body, reach, in: work)
        if body.planID == nil { try await requireSupport(of: body.participantID, reach, in: work) }
        var planID = body.planID ?? appointment?.planID
        if planID == nil {
            planID = try await PlanQueries.newestLive(
                of: body.participantID, with: try reach.peer(asked: body.peerID), in: work
            )
        }
        let plan: ContactPlan? = if let planID { try await reachable(planID, reach, in: work) } else { nil }
        if let plan, try await !isOne(plan.participantID, body.participantID, in: work) {
            throw Problem.invalid("/participantID", "the plan is another participant's")
        }
        guard let peerID = try reach.peer(asked: body.peerID) ?? plan?.peerID ?? appointment?.peerID else {
            throw Problem.invalid("/peerID", "is needed where neither plan nor appointment names the peer")
        }
        return try Contact(
            id: id, planID: planID, referralID: plan?.referralID,
            // Under the id of what it belongs to, whichever id of the person was given.
            participantID: plan?.participantID ?? appointment?.participantID ?? body.participantID, peerID: peerID,
            appointmentID: body.appointmentID, mode: body.mode, outcome: body.outcome, place: body.place,
            withSupports: body.withSupports ?? false, minutes: body.minutes, supportTypes: Set(body.supportTypes ?? []),
            note: body.note, occurredAt: body.occurredAt, recordedAt: work.now
        )
    }

    private func appointment(of body: RecordContact, _ reach: Reach, in work: UnitOfWork) async throws -> Appointment? {
        guard let appointmentID = body.appointmentID else { return nil }
        let appointment = try await AppointmentStore.find(appointmentID, in: work.transaction)
        guard let appointment, try await isOne(appointment.participantID, body.participantID, in: work) else {
            throw Problem.invalid("/appointmentID", "no appointment of this participant")
        }
        try reach.require(peerID: appointment.peerID, participantID: appointment.participantID)
        return appointment
    }

    private func reachable(_ contactID: ContactID, _ reach: Reach, in work: UnitOfWork) async throws -> ContactView {
        guard let contact = try await ContactQueries.find(contactID, in: work.transaction) else {
            throw Problem.notFound.denying(Denial(.hidden))
        }
        if case .peer(let own) = reach, own == contact.peerID { return contact }
        try await requireSupport(of: contact.participantID, reach, in: work)
        return contact
    }

    /// Whether two ids are one person's.
    func isOne(_ left: ParticipantID, _ right: ParticipantID, in work: UnitOfWork) async throws -> Bool {
        try await ParticipantMerges.areOne(left, right, in: work.transaction, of: work.agencyID)
    }

    /// All ids of a person.
    func person(_ id: ParticipantID, in work: UnitOfWork) async throws -> [ParticipantID] {
        try await ParticipantMerges.group(of: id, in: work.transaction, of: work.agencyID)
    }

    /// A peer needs a plan with the participant that is theirs.
    ///
    /// - Throws: 404.
    func requireSupport(of participantID: ParticipantID, _ reach: Reach, in work: UnitOfWork) async throws {
        switch reach {
        case .agency, .suite: return
        case .participant(_, let person) where person.contains(participantID): return
        case .peer(let peerID):
            if try await PlanQueries.isSupported(participantID, by: peerID, in: work) { return }
        case .participant: break
        }
        throw Problem.notFound.denying(Denial(.relationship, participantIDs: [participantID]))
    }
}
