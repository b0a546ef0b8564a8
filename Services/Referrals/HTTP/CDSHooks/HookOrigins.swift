internal import HTTPTypes
internal import Hummingbird
internal import ReferralsSettings
internal import ServiceKit

// An EHR that runs in a browser asks from there (CORS). Who asks is said by the JWT alone: no cookie goes with a call, so
// that none is allowed.
extension WebOrigins {
    /// Lets the page that asks read the answer, where its origin is one of these.
    ///
    /// - Returns: whether it is.
    @discardableResult
    func admit(_ request: Request, to response: inout Response) -> Bool {
        guard !all.isEmpty else { return false }
        // A cache must not give one page what was answered to another.
        response.headers[.vary] = "Origin"
        guard let origin = request.headers[.origin], all.contains(origin) else { return false }
        response.headers[.accessControlAllowOrigin] = origin
        return true
    }

    /// What a browser wants to know before it lets a page call; a page of nobody's gets nothing that would let it.
    func preflight(_ request: Request, for method: HTTPRequest.Method) -> Response {
        var response = Response.noContent
        if admit(request, to: &response) {
            response.headers[.accessControlAllowMethods] = method.rawValue
            response.headers[.accessControlAllowHeaders] = "authorization, content-type"
            response.headers[.accessControlMaxAge] = "3600"
        }
        return response
    }
}
