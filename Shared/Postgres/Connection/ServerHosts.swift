internal import Glibc

/// The servers that a connection's settings name, so that each of their addresses can be tried by itself.
///
/// libpq can take a list of servers, but then resolves names in the middle of connecting, on whichever thread that runs,
/// and lets one server that never answers use up the whole time. Given one address as `hostaddr`, it resolves nothing,
/// and still holds the server's certificate against the name in `host`.
struct ServerHosts: Hashable, Sendable {
    private struct Server: Hashable {
        let host: String?
        let address: String?
        let port: String?
    }

    private let servers: [Server]
    private let parameters: [String: String]

    /// Nil where libpq is to say what is wrong, or to take its own default: lists that do not fit, or no server at all.
    init?(_ parameters: [String: String]) {
        let hosts = parameters["host"].map(Self.list)
        let addresses = parameters["hostaddr"].map(Self.list)
        let ports = parameters["port"].map(Self.list) ?? []
        guard let count = addresses?.count ?? hosts?.count, hosts.map({ $0.count == count }) ?? true,
            ports.count <= 1 || ports.count == count
        else { return nil }
        servers = (0..<count).map { index in
            Server(
                host: hosts?[index], address: addresses?[index], port: ports.count > 1 ? ports[index] : ports.first)
        }
        self.parameters = parameters
    }

    /// How many servers there are; one name is one, however many addresses it has.
    var count: Int { servers.count }

    /// The names to look up, each once.
    var names: [String] {
        let all = servers.compactMap(Self.name)
        return all.enumerated().filter { all.firstIndex(of: $1) == $0 }.map(\.element)
    }

    /// libpq's arguments for each address, in the order in which to try them; none when no server has an address.
    ///
    /// Names without an address are left out, as libpq passes over a name that it cannot resolve. With
    /// `target_session_attrs=prefer-standby` each is tried as a standby first; only then as whatever it is.
    func attempts(_ addresses: [String: [String]]) -> [[String: String]] {
        let single = servers.flatMap { server in
            let known: [String?] = Self.name(server).map { addresses[$0] ?? [] } ?? [server.address]
            return known.map { arguments(server, at: $0) }
        }
        guard single.count > 1, parameters["target_session_attrs"] == "prefer-standby" else { return single }
        return ["standby", "any"].flatMap { wanted in
            single.map { $0.merging(["target_session_attrs": wanted]) { $1 } }
        }
    }

    private func arguments(_ server: Server, at address: String?) -> [String: String] {
        var arguments = parameters
        arguments["host"] = server.host
        arguments["hostaddr"] = address ?? server.host.flatMap { Self.isAddress($0) ? $0 : nil }
        arguments["port"] = server.port
        return arguments
    }

    /// Not where there is an address already, not an address, not a Unix socket's path, and not the default.
    private static func name(_ server: Server) -> String? {
        guard let host = server.host, (server.address ?? "").isEmpty else { return nil }
        return host.isEmpty || host.hasPrefix("/") || host.hasPrefix("@") || isAddress(host) ? nil : host
    }

    private static func isAddress(_ host: String) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1
    }

    private static func list(_ text: String) -> [String] {
        text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
}
