/// Whose pages in browsers may call: origins (RFC 6454) as browsers write them.
public struct WebOrigins: Hashable, Sendable {
    public let all: Set<String>

    /// None.
    public init() { all = [] }

    /// Reads `https://ehr.example`, several between commas; nil for anything else. There is no `*`, and no path.
    ///
    /// - Parameter allowsPlain: whether http will do, for pages on the same machine.
    public init?(_ text: String, allowsPlain: Bool) {
        var origins: Set<String> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let origin = part.filter { $0 != " " }
            guard Self.isOrigin(origin, allowsPlain: allowsPlain) else { return nil }
            origins.insert(origin)
        }
        all = origins
    }

    private static func isOrigin(_ text: String, allowsPlain: Bool) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1].isEmpty, parts[0] == "https:" || (allowsPlain && parts[0] == "http:") else {
            return false
        }
        let host = parts[2].split(separator: ":", omittingEmptySubsequences: false)
        guard host.count <= 2, let name = host.first, !name.isEmpty, name.utf8.allSatisfy(isOfName) else {
            return false
        }
        guard host.count == 2 else { return true }
        // Browsers leave out the usual port: an origin that names it would never be met.
        let usual = parts[0] == "https:" ? 443 : 80
        return Int(host[1]).map { (1...65535).contains($0) && $0 != usual && String($0) == host[1] } ?? false
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "."): true
        default: false
        }
    }
}
