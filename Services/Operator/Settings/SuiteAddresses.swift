/// Where the services' APIs are.
struct SuiteAddresses: Sendable {
    var referrals: String
    var matching: String
    var scheduling: String
    var outcomes: String
    /// The operator's ports, of health and metrics, of all four.
    var operators: [String] = []
}

extension SuiteAddresses {
    /// From `HANDRAIL_<SERVICE>_LISTEN`, else the usual ports of this machine.
    init(_ settings: OperatorSettings) {
        func address(_ service: String, _ port: Int) -> String {
            "http://" + (settings["HANDRAIL_\(service)_LISTEN"] ?? "127.0.0.1:\(port)")
        }
        self.init(
            referrals: address("REFERRALS", 8101), matching: address("PEER_MATCHING", 8102),
            scheduling: address("SCHEDULING", 8103), outcomes: address("OUTCOMES", 8104),
            operators: [
                ("REFERRALS", 9101), ("PEER_MATCHING", 9102), ("SCHEDULING", 9103), ("OUTCOMES", 9104),
            ].map { address("\($0)_OPERATOR", $1) })
    }
}
