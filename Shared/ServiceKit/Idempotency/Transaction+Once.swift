public import FoundationEssentials
internal import HTTPTypes
public import Hummingbird
internal import MessageTable
internal import Models
public import Postgres

extension Transaction {
    /// Does something once for the request's `Idempotency-Key`, and answers a repetition with the same resource.
    ///
    /// The key is claimed in this transaction, in front of everything that `create` does. Of two requests at once one
    /// wins; the other waits for its commit and then answers with the winner's resource. If the winner rolls back, the
    /// other one goes ahead. Without a key, `create` simply runs.
    ///
    /// The answer is never stored: `answer` renders it again from the resource, and must authorise again whatever it
    /// shows.
    ///
    /// - Parameters:
    ///   - resource: the id that `create` will use, drawn beforehand, or that of the resource that the path names.
    ///   - recording: the audit row of the change; a repetition is on record as a reading. Nil where `create` and
    ///     `answer` write their own.
    ///   - create: makes the change, with its messages.
    ///   - answer: renders the resource with the given id: `resource`, or the one of the first request.
    /// - Throws: 422 where the key was used with another body or on another resource; what the closures throw.
    public func once(
        _ context: APIContext,
        resource: UUID,
        status: HTTPResponse.Status = .created,
        recording record: AuditRecord? = nil,
        create: () async throws -> Void,
        answer: (UUID) async throws -> Response
    ) async throws -> Response {
        // Keys would be ignored without a word.
        assert(context.route?.idempotency != Route.Idempotency.none, "the route does not say that it takes keys")
        guard let key = context.idempotencyKey else {
            try await create()
            if let record { try audit(record, context) }
            return try await answer(resource)
        }
        return try await once(
            key, context, resource: resource, status: status, recording: record, create: create, answer: answer)
    }

    /// The same with a key that the service derived itself, such as the placer's identifier on `/fhir`.
    public func once(
        _ key: IdempotencyKey,
        _ context: APIContext,
        resource: UUID,
        status: HTTPResponse.Status = .created,
        recording record: AuditRecord? = nil,
        create: () async throws -> Void,
        answer: (UUID) async throws -> Response
    ) async throws -> Response {
        let principal = try context.principal
        let route = context.route?.operationID ?? ""
        let claimed = try await execute(
            IdempotencyStatements.claim,
            principal.agencyID, principal.subject, route, key.value, key.fingerprint, resource, Int16(status.code)
        )
        if claimed == 1 {
            try await create()
            if let record { try audit(record, context) }
            return try await answer(resource)
        }
        let rows = try await query(
            IdempotencyStatements.find, principal.agencyID, principal.subject, route, key.value
        )
        // The claim lost against a row that its owner's purge removed meanwhile: as good as never sent.
        guard let row = rows.first else { throw Problem.unavailable() }
        let (fingerprint, stored) = try row.decode(([UInt8], UUID).self)
        guard fingerprint == key.fingerprint else { throw Problem.idempotencyKeyReused }
        if let record { try audit(record.repeated, context) }
        var response = try await answer(stored)
        response.headers[.idempotencyReplayed] = "true"
        return response
    }
}

enum IdempotencyStatements {
    static let claim = Statement(
        "idempotency.claim",
        """
        insert into idempotency (agency_id, principal, route, key, fingerprint, resource_id, status)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict do nothing
        """
    )

    static let find = Statement(
        "idempotency.find",
        """
        select fingerprint, resource_id
        from idempotency
        where agency_id = $1 and principal = $2 and route = $3 and key = $4
        """
    )

    static let purge = Statement(
        "idempotency.purge",
        """
        delete from idempotency
        where created_at < $1
        """
    )
}
