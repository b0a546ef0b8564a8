/// A SMART v2 scope of a backend service: `system/Task.rus`.
struct SMARTScope: Hashable, Sendable {
    /// What can be done, in the order in which scopes write it.
    enum Permission: Character, CaseIterable, Hashable, Sendable {
        case create = "c"
        case read = "r"
        case update = "u"
        case delete = "d"
        case search = "s"
    }

    /// A resource type, or `*`.
    let resource: String
    let permissions: Set<Permission>

    init(_ resource: String, _ permissions: Set<Permission>) {
        self.resource = resource
        self.permissions = permissions
    }
}

extension SMARTScope: LosslessStringConvertible {
    /// Reads version 2, and version 1 (`system/Task.read`), which many clients still ask for. Nil for anything else, also
    /// for scopes narrowed by a query, which we do not serve.
    init?(_ text: String) {
        guard text.hasPrefix("system/") else { return nil }
        let parts = text.dropFirst("system/".count).split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == "*" || Self.isTypeName(parts[0]) else { return nil }
        resource = String(parts[0])
        switch parts[1] {
        case "read": permissions = [.read, .search]
        case "write": permissions = [.create, .update, .delete]
        case "*": permissions = Set(Permission.allCases)
        default:
            let read = parts[1].compactMap(Permission.init(rawValue:))
            let inOrder = Permission.allCases.filter(read.contains)
            guard !read.isEmpty, read.count == parts[1].count, read == inOrder else { return nil }
            permissions = Set(read)
        }
    }

    var description: String {
        "system/\(resource)." + String(Permission.allCases.filter(permissions.contains).map(\.rawValue))
    }

    private static func isTypeName(_ text: Substring) -> Bool {
        text.first?.isUppercase ?? false && text.utf8.count <= 64 && text.allSatisfy { $0.isASCII && $0.isLetter }
    }
}

extension SMARTScope {
    /// What is granted of what is asked: never more than is registered, in the order of asking, as scopes of version 2.
    ///
    /// A scope that is no SMART scope is granted where it is registered by the same text.
    ///
    /// - Throws: `invalid_scope` where nothing is left.
    static func granted(asked: String, registered: [String]) throws(TokenRefusal) -> [String] {
        let own = registered.compactMap(SMARTScope.init)
        var granted: [String] = []
        for text in asked.split(separator: " ").map(String.init) {
            let found: [String]
            if let scope = SMARTScope(text) {
                found = scope.within(own).map(\.description)
            } else {
                found = registered.contains(text) && !text.hasPrefix("system/") ? [text] : []
            }
            for scope in found where !granted.contains(scope) { granted.append(scope) }
        }
        guard !granted.isEmpty else {
            throw TokenRefusal(.invalidScope, "None of these scopes is registered for the client.")
        }
        return granted
    }

    private func within(_ registered: [SMARTScope]) -> [SMARTScope] {
        var granted: [String: Set<Permission>] = [:]
        var order: [String] = []
        for other in registered where resource == "*" || other.resource == "*" || resource == other.resource {
            let shared = permissions.intersection(other.permissions)
            guard !shared.isEmpty else { continue }
            let name = resource == "*" ? other.resource : resource
            if granted[name] == nil { order.append(name) }
            granted[name, default: []].formUnion(shared)
        }
        return order.map { SMARTScope($0, granted[$0] ?? []) }
    }

    /// Whether these scopes allow something to be done with a resource type.
    static func allow(_ permission: Permission, _ resource: String, in scopes: some Sequence<String>) -> Bool {
        scopes.lazy.compactMap(SMARTScope.init).contains {
            ($0.resource == resource || $0.resource == "*") && $0.permissions.contains(permission)
        }
    }
}
