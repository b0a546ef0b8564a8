internal import AsyncHTTPClient
internal import Logging
internal import NIOCore
internal import NIOHTTP1

/// Calls partners' servers, without being led inward: the name is looked up once, each of its addresses is checked, and the
/// connection goes to the checked one. Redirects are not followed; of an answer no more is read than was asked for.
struct HTTPPoster: Sendable {
    let resolver: HostResolver
    /// Only where `HANDRAIL_ENV=local`: http, and addresses of this host.
    let allowsLocal: Bool
    let logger: Logger
    /// For the whole of one request: a receiver that hangs takes one of the sender's places for no longer.
    let timeout: TimeAmount
    /// What each connection begins with; whom it trusts is the system's list unless a test brings its own.
    private let base: HTTPClient.Configuration

    init(
        resolver: HostResolver = .system, allowsLocal: Bool, timeout: TimeAmount = .seconds(10),
        base: HTTPClient.Configuration = .init(), logger: Logger
    ) {
        self.resolver = resolver
        self.allowsLocal = allowsLocal
        self.timeout = timeout
        self.base = base
        self.logger = logger
    }

    /// Posts a webhook, of whose answer only the status is of interest.
    ///
    /// - Returns: the status; nil when there was no answer, or none was asked for.
    @Sendable
    func post(_ webhook: WebhookRequest) async -> Int? {
        await exchange(
            OutgoingRequest(
                method: .POST, url: webhook.url, headers: webhook.headers, body: webhook.body,
                patience: webhook.patience)
        )?.status
    }

    /// Sends any request.
    ///
    /// - Returns: nil when there was no answer, or none was asked for.
    @Sendable
    func exchange(_ request: OutgoingRequest) async -> IncomingAnswer? {
        guard let host = WebAddress.host(of: request.url, allowsLocal: allowsLocal) else { return nil }
        do {
            let addresses = try await resolver.addresses(host)
            guard let address = addresses.first, allowsLocal || !addresses.contains(where: InwardAddress.contains)
            else {
                logger.warning("a partner's server is unknown or leads inward")
                return nil
            }
            return try await send(request, host: host, address: address)
        } catch {
            logger.info("a partner's server did not answer", metadata: ["error": "\(type(of: error))"])
            return nil
        }
    }

    private func send(_ outgoing: OutgoingRequest, host: String, address: String) async throws -> IncomingAnswer {
        let timeout = outgoing.patience.map { min(self.timeout, .seconds(Int64($0))) } ?? self.timeout
        var configuration = base
        configuration.redirectConfiguration = .disallow
        configuration.dnsOverride = [host: address]
        configuration.timeout = .init(connect: timeout, read: timeout)
        configuration.decompression = .disabled
        let client = HTTPClient(configuration: configuration)
        do {
            var request = HTTPClientRequest(url: outgoing.url)
            request.method = outgoing.method
            for (name, value) in outgoing.headers { request.headers.add(name: name, value: value) }
            if let body = outgoing.body { request.body = .bytes(body) }
            let response = try await client.execute(request, timeout: timeout)
            var answer = IncomingAnswer(status: Int(response.status.code), etag: response.headers.first(name: "etag"))
            if outgoing.mostRead > 0 {
                answer.body = Array(try await response.body.collect(upTo: outgoing.mostRead).readableBytesView)
            }
            try await client.shutdown()
            return answer
        } catch {
            try await client.shutdown()
            throw error
        }
    }
}

/// A request to somebody else's server.
struct OutgoingRequest: Sendable {
    let method: HTTPMethod
    let url: String
    var headers: [String: String] = [:]
    var body: [UInt8]?
    /// How much of the answer is read; a longer one counts as none. Bytes.
    var mostRead = 0
    /// For how long at most an answer is waited for, where that is less than usual. Seconds.
    var patience: Int?
}

/// What somebody else's server answered.
struct IncomingAnswer: Hashable, Sendable {
    let status: Int
    var etag: String?
    var body: [UInt8] = []

    var isSuccess: Bool { (200..<300).contains(status) }
}

/// Addresses of partners that Handrail will call.
enum WebAddress {
    /// The host of an address that may be called; nil for anything but `https` (locally also `http`) to a host, without
    /// credentials. Whether the host leads inward is asked at each call.
    static func host(of text: String, allowsLocal: Bool) -> String? {
        guard text.utf8.count <= 500, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        let rest: Substring
        if text.hasPrefix("https://") {
            rest = text.dropFirst("https://".count)
        } else if allowsLocal, text.hasPrefix("http://") {
            rest = text.dropFirst("http://".count)
        } else {
            return nil
        }
        guard !text.contains("@"), !text.contains("#"), !text.contains("\\") else { return nil }
        let parts = rest.prefix { $0 != "/" && $0 != "?" }.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let host = parts.first, !host.isEmpty,
            parts.count == 1 || UInt16(parts[1]) != nil,
            host.utf8.allSatisfy({ byte in
                byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
            })
        else { return nil }
        return String(host)
    }
}
