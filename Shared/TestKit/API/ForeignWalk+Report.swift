public import Models
internal import ServiceKit

extension ForeignWalk {
    /// What one route told, beyond nothing.
    public struct Finding: Hashable, Sendable, CustomStringConvertible {
        public let operationID: String
        public let role: Role
        public let what: String

        public var description: String { "\(operationID) as \(role.rawValue): \(what)" }
    }

    /// What was tried, and what came of it.
    public struct Report: Sendable, CustomStringConvertible {
        public internal(set) var findings: [Finding] = []
        /// The operations that were called.
        public internal(set) var operations: Set<String> = []
        public internal(set) var roles: Set<Role> = []
        public internal(set) var requests = 0
        /// Requests for what belongs to somebody else that were answered with 404.
        public internal(set) var hidden = 0
        /// Rows of the audit trail that refuse.
        public internal(set) var denials = 0
        /// Cursors of the owners' lists that strangers followed.
        public internal(set) var cursors = 0
        /// Requests of the owners that succeeded, whose keys and bodies strangers sent again.
        public internal(set) var repeated = 0

        public init() {}

        /// Both together.
        public mutating func add(_ other: Report) {
            findings += other.findings
            operations.formUnion(other.operations)
            roles.formUnion(other.roles)
            requests += other.requests
            hidden += other.hidden
            denials += other.denials
            cursors += other.cursors
            repeated += other.repeated
        }

        mutating func add(_ attempt: Attempt) {
            findings += attempt.findings
            operations.insert(attempt.route.operationID)
            roles.insert(attempt.principal.role)
            requests += attempt.requests
            hidden += attempt.hidden
            repeated += attempt.repeated
        }

        public var description: String {
            "\(operations.count) routes as \(roles.count) roles: \(requests) requests, \(hidden) hidden, "
                + "\(denials) denials on record; \(cursors) cursors and \(repeated) keys of others"
        }
    }
}
