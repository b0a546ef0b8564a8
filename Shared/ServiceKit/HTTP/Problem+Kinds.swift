public import Hummingbird

// The kinds that every service shares. A service adds its own in an extension of this form.
extension Problem {
    /// 400: not JSON at all, or a header that cannot be read.
    public static func badRequest(_ detail: String, errors: [FieldError] = []) -> Problem {
        Problem(.badRequest, type: "bad-request", title: "The request cannot be read", detail: detail, errors: errors)
    }

    /// 401: no token, or one that does not verify. Says nothing about why.
    public static var unauthenticated: Problem {
        Problem(
            .unauthorized, type: "unauthenticated", title: "A valid token is needed",
            headers: [.wwwAuthenticate: #"Bearer realm="handrail""#]
        )
    }

    /// 403: the token is good, and its role or scope does not reach. Only for what the caller may know to exist.
    public static var forbidden: Problem {
        Problem(.forbidden, type: "forbidden", title: "This token does not allow that")
    }

    /// 404: not there, or not for this caller; an outsider cannot tell which (42 CFR 2.13(c)).
    public static var notFound: Problem { Problem(.notFound, type: "not-found", title: "Nothing is here") }

    /// 405: the path exists, with other methods.
    public static func methodNotAllowed(allowed: [HTTPRequest.Method]) -> Problem {
        Problem(
            .methodNotAllowed, type: "method-not-allowed", title: "This path has other methods",
            headers: [.allow: allowed.map(\.rawValue).sorted().joined(separator: ", ")]
        )
    }

    /// 409: what is asked contradicts the present state. `type` names the rule.
    public static func conflict(_ type: String, title: String, detail: String? = nil) -> Problem {
        Problem(.conflict, type: type, title: title, detail: detail)
    }

    /// 412: somebody else changed the resource since the caller read it.
    public static var stale: Problem {
        Problem(
            .preconditionFailed, type: "stale-version", title: "The resource has changed",
            detail: "Read it again and send its ETag as If-Match."
        )
    }

    /// 428: a change needs the version it is based on.
    public static var preconditionRequired: Problem {
        Problem(
            .preconditionRequired, type: "if-match-required", title: "If-Match is needed",
            detail: "Send the ETag that the resource was read with."
        )
    }

    /// 413: the body is larger than the route takes. It is not read to its end: the connection is closed.
    public static func contentTooLarge(limit: Int) -> Problem {
        Problem(
            .contentTooLarge, type: "content-too-large", title: "The body is too large",
            detail: "At most \(limit) bytes are taken here.", headers: [.connection: "close"]
        )
    }

    /// 415: the body is in a form that the route does not read.
    public static func unsupportedMediaType(accepted: [String]) -> Problem {
        Problem(
            .unsupportedMediaType, type: "unsupported-media-type", title: "This media type is not read here",
            detail: "Send \(accepted.joined(separator: " or "))."
        )
    }

    /// 422: well formed, and wrong in the places that `errors` points at.
    public static func invalid(_ errors: [FieldError], detail: String? = nil) -> Problem {
        Problem(
            .unprocessableContent, type: "invalid", title: "The request has invalid parts", detail: detail,
            errors: errors
        )
    }

    /// 422 with one error.
    public static func invalid(_ pointer: String, _ detail: String) -> Problem {
        invalid([FieldError(pointer, detail)])
    }

    /// 422: the key was used before with another body.
    public static var idempotencyKeyReused: Problem {
        Problem(
            .unprocessableContent, type: "idempotency-key-reused",
            title: "This Idempotency-Key was used for another request"
        )
    }

    /// 429, with the whole seconds after which a request will be taken.
    public static func tooManyRequests(retryAfter seconds: Int) -> Problem {
        Problem(
            .tooManyRequests, type: "too-many-requests", title: "Too many requests",
            headers: [.retryAfter: String(seconds)]
        )
    }

    /// 503: overloaded, stopping, or PostgreSQL is out of reach; nothing was done.
    public static func unavailable(retryAfter seconds: Int = 1) -> Problem {
        Problem(
            .serviceUnavailable, type: "unavailable", title: "The service cannot answer now",
            headers: [.retryAfter: String(seconds)]
        )
    }

    /// 503: the way to PostgreSQL broke while it was committing, so it may or may not have been done. The same request with
    /// the same `Idempotency-Key` is safe.
    public static var outcomeUnknown: Problem {
        Problem(
            .serviceUnavailable, type: "outcome-unknown", title: "It is not known whether this was done",
            detail: "Send it again with the same Idempotency-Key, or look whether it is there.",
            headers: [.retryAfter: "1"]
        )
    }

    /// 500: our mistake; the log has it under the request's id.
    public static var internalError: Problem {
        Problem(.internalServerError, type: "internal", title: "Something went wrong on our side")
    }
}
