internal import AsyncHTTPClient
internal import Models
internal import NIOCore
internal import NIOHTTP1

/// Fetches the key set of a registered client from its URL, without being led inward.
struct KeySetFetch: Sendable {
    /// Why nothing was fetched; safe to log.
    enum Failure: String, Error, Hashable {
        /// Not https, with a user, a fragment, or a host that is no name.
        case urlRefused = "url-refused"
        case hostUnknown = "host-unknown"
        /// The name leads to an address of our own network.
        case inwardAddress = "inward-address"
        case notAnswered = "not-answered"
        /// Any status but 200; redirects are not followed.
        case status
        case tooLarge = "too-large"
    }

    /// What was fetched, and how long it may be kept.
    struct Fetched: Sendable {
        let body: [UInt8]
        let lifetime: Duration
    }

    private static let largest = 1 << 16
    private static let timeout = TimeAmount.seconds(5)

    let resolver: HostResolver
    /// Only where `HANDRAIL_ENV=local`: http, and addresses of this host.
    let allowsLocal: Bool

    init(resolver: HostResolver = .system, allowsLocal: Bool = false) {
        self.resolver = resolver
        self.allowsLocal = allowsLocal
    }

    /// Fetches a key set.
    ///
    /// The name is looked up once, every address is checked, and the connection goes to the checked address: a name
    /// that answers differently the second time gains nothing. The certificate is still checked against the name.
    func callAsFunction(_ text: String) async throws -> Fetched {
        guard let target = Target(text, allowsLocal: allowsLocal) else { throw Failure.urlRefused }
        let addresses = try await resolver.addresses(target.host)
        guard let address = addresses.first else { throw Failure.hostUnknown }
        guard allowsLocal || !addresses.contains(where: InwardAddress.contains) else { throw Failure.inwardAddress }
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.dnsOverride = [target.host: address]
        configuration.timeout = .init(connect: Self.timeout, read: Self.timeout)
        configuration.decompression = .disabled
        let client = HTTPClient(configuration: configuration)
        do {
            let fetched = try await fetch(text, with: client)
            try await client.shutdown()
            return fetched
        } catch {
            try await client.shutdown()
            throw error
        }
    }

    private func fetch(_ url: String, with client: HTTPClient) async throws -> Fetched {
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "accept", value: "application/json, application/jwk-set+json")
        let response: HTTPClientResponse
        let body: ByteBuffer
        do {
            response = try await client.execute(request, timeout: Self.timeout)
            guard response.status == .ok else { throw Failure.status }
            body = try await response.body.collect(upTo: Self.largest)
        } catch let failure as Failure {
            throw failure
        } catch is NIOTooManyBytesError {
            throw Failure.tooLarge
        } catch {
            throw Failure.notAnswered
        }
        let header = response.headers[canonicalForm: "cache-control"].joined(separator: ",")
        return Fetched(
            body: Array(body.readableBytesView), lifetime: CacheControl.lifetime(header.isEmpty ? nil : header)
        )
    }

    /// A URL that may be fetched.
    struct Target: Hashable {
        let host: String

        /// Nil for what is refused before anything is looked up.
        init?(_ text: String, allowsLocal: Bool) {
            guard text.utf8.count <= 2048, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
            let rest: Substring
            if text.hasPrefix("https://") {
                rest = text.dropFirst("https://".count)
            } else if allowsLocal, text.hasPrefix("http://") {
                rest = text.dropFirst("http://".count)
            } else {
                return nil
            }
            guard !rest.contains("@"), !rest.contains("#"), !rest.contains("\\") else { return nil }
            let authority = rest.prefix { $0 != "/" && $0 != "?" }
            let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
            guard (1...2).contains(parts.count), let host = parts.first, !host.isEmpty,
                parts.count == 1 || UInt16(parts[1]) != nil
            else { return nil }
            // Names only: an address as URL has no certificate that says whose it is.
            let isName = host.utf8.allSatisfy {
                $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20)
            }
            guard isName, allowsLocal || (host.contains(".") && host.contains { $0.isLetter }) else { return nil }
            self.host = String(host)
        }
    }
}
