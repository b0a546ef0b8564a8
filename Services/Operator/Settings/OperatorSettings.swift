import FoundationEssentials
import Logging
import Postgres

/// What the operator's command reads from its environment.
struct OperatorSettings: Sendable {
    let variables: [String: String]

    init(_ variables: [String: String] = ProcessInfo.processInfo.environment) {
        self.variables = variables
    }

    /// A setting that is missing or wrong, in words for the operator.
    struct Mistake: Error, Hashable, CustomStringConvertible {
        let description: String
    }

    subscript(name: String) -> String? {
        guard let value = variables[name], !value.isEmpty else { return nil }
        return value
    }

    func required(_ name: String) throws(Mistake) -> String {
        guard let value = self[name] else { throw Mistake(description: "\(name) is not set") }
        return value
    }

    /// The content of the file that the variable names, without surrounding white space.
    func secret(_ name: String) throws(Mistake) -> String? {
        guard let path = self[name] else { return nil }
        do {
            let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
            return String(text.trimming(while: \.isWhitespace))
        } catch {
            throw Mistake(description: "\(name): the file \(path) cannot be read")
        }
    }

    /// The migrator's login: it may create roles and act as the owner of everything.
    func migrator() throws -> ConnectionSettings {
        try ConnectionSettings(
            url: try required("HANDRAIL_DATABASE_URL"), password: try secret("HANDRAIL_DATABASE_PASSWORD_FILE"),
            applicationName: "handrail")
    }

    /// A login of a service, by the variables' common beginning: `HANDRAIL_REFERRALS_WORKER`.
    func database(_ prefix: String) throws -> ConnectionSettings {
        try ConnectionSettings(
            url: try required("\(prefix)_DATABASE_URL"), password: try secret("\(prefix)_DATABASE_PASSWORD_FILE"),
            applicationName: "handrail")
    }
}

extension String {
    /// Without the characters at both ends for which the condition holds.
    func trimming(while condition: (Character) -> Bool) -> Substring {
        var rest = self[...]
        while let first = rest.first, condition(first) { rest.removeFirst() }
        while let last = rest.last, condition(last) { rest.removeLast() }
        return rest
    }
}
