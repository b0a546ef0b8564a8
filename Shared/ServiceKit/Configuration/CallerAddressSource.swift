internal import HTTPTypes
internal import Hummingbird

/// Where the network address of a caller is known from. It only bounds what one address can cause.
public enum CallerAddressSource: Hashable, Sendable {
    /// The connection comes from the caller.
    case connection
    /// The proxy in front says it: the last address of this header, which is the one that the proxy itself saw.
    case header(String)
    /// All connections come from a proxy that does not say: then there is no address, and no bound by it, or one caller
    /// could shut everybody out.
    case unknown

    func address(_ request: Request, _ connection: String?) -> String? {
        switch self {
        case .connection: return connection
        case .unknown: return nil
        case .header(let name):
            guard let field = HTTPField.Name(name),
                let last = request.headers[values: field].last?.split(separator: ",").last
            else { return nil }
            let text = String(last.filter { $0 != " " })
            return (1...64).contains(text.utf8.count) ? text : nil
        }
    }
}
