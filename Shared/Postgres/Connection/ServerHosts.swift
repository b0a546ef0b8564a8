/// The servers that a connection's settings name, each with its port, so that their addresses can be written beside them.
///
/// libpq resolves a name in the middle of connecting, on whichever thread that runs. Given an address as `hostaddr`, it
/// resolves nothing, and still holds the server's certificate against the name in `host`.
struct ServerHosts: Hashable, Sendable {
    private let hosts: [String]
    /// One for each host, one for all, or none.
    private let ports: [String]

    /// Nil where there is nothing to resolve: no host, or an address beside it already.
    init?(_ parameters: [String: String]) {
        guard parameters["hostaddr"] == nil, let host = parameters["host"], !host.isEmpty else { return nil }
        hosts = Self.list(host)
        ports = parameters["port"].map(Self.list) ?? []
        // libpq says what is wrong with another number of ports.
        guard ports.count <= 1 || ports.count == hosts.count, hosts.contains(where: Self.isName) else { return nil }
    }

    /// The names to look up, each once.
    var names: [String] {
        hosts.enumerated().filter { Self.isName($1) && hosts.firstIndex(of: $1) == $0 }.map(\.element)
    }

    /// libpq's arguments with each host once for each of its addresses, in order; nil when no host has one. Names
    /// without an address are left out, as libpq passes over a name that it cannot resolve.
    func parameters(_ addresses: [String: [String]]) -> [String: String]? {
        var entries: [(host: String, address: String, port: String)] = []
        for (index, host) in hosts.enumerated() {
            let port = ports.count > 1 ? ports[index] : ports.first ?? ""
            let known = Self.isName(host) ? addresses[host] ?? [] : [""]
            entries += known.map { (host, $0, port) }
        }
        guard !entries.isEmpty else { return nil }
        var parameters = [
            "host": entries.map(\.host).joined(separator: ","),
            "hostaddr": entries.map(\.address).joined(separator: ","),
        ]
        if !ports.isEmpty { parameters["port"] = entries.map(\.port).joined(separator: ",") }
        return parameters
    }

    /// Not a Unix socket's path, and not the default.
    private static func isName(_ host: String) -> Bool {
        !host.isEmpty && !host.hasPrefix("/") && !host.hasPrefix("@")
    }

    private static func list(_ text: String) -> [String] {
        text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
}
