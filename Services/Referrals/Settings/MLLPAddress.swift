public import ServiceKit

/// Where HL7 v2 messages are listened for by MLLP, and who sends there.
public struct MLLPAddress: Hashable, Sendable {
    public let listen: ListenAddress
    /// The partner's client that sends to this port; nil where the certificate of the connection says who sends.
    public let clientID: String?

    public init(listen: ListenAddress, clientID: String?) {
        (self.listen, self.clientID) = (listen, clientID)
    }

    /// Reads `host:port` or `host:port=client id`, several between commas; nil for anything else, and for a port that is
    /// named twice.
    public static func list(_ text: String) -> [MLLPAddress]? {
        var addresses: [MLLPAddress] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let listen = ListenAddress(String(pair[0].filter { $0 != " " })), pair.last?.isEmpty == false else {
                return nil
            }
            let client = pair.count == 2 ? String(pair[1].filter { $0 != " " }) : nil
            addresses.append(MLLPAddress(listen: listen, clientID: client))
        }
        let ports = addresses.map(\.listen).filter { $0.port != 0 }
        return Set(ports).count == ports.count ? addresses : nil
    }
}
