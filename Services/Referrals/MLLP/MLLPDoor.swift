internal import HL7v2
internal import Logging
internal import Metrics
internal import Models
internal import NIOCore
internal import NIOSSL
internal import ReferralsSettings
internal import ServiceKit
internal import ServiceLifecycle

/// Takes what comes by MLLP to `POST /hl7v2`, as the partner's client that the connection belongs to: by its certificate, or
/// by the port where the settings say so. What a message says of its sender counts for nothing.
struct MLLPDoor: Sendable {
    let address: MLLPAddress
    /// Whether connections come with a certificate.
    let hasCertificates: Bool
    let registry: ClientRegistry
    let door: SideDoor
    let ids: IDSource
    let clock: WallClock
    let metrics: any MetricsFactory
    let logger: Logger

    var actions: MLLPHandler.Actions {
        MLLPHandler.Actions(
            take: { message, channel in await take(message, channel) },
            refuse: { refusal in
                counted(MLLPAnswer(bytes: rejection(refusal.text, code: 207), isLast: true))
            })
    }

    /// Asked for every message: a connection may be older than the registration that was taken from it since.
    private func take(_ message: [UInt8], _ channel: any Channel) async -> MLLPAnswer {
        let client: ClientRegistry.Client?
        do {
            client = try await self.client(channel)
        } catch {
            logger.warning("a sender could not be looked up", metadata: ["listen": "\(address.listen)"])
            return counted(MLLPAnswer(bytes: rejection("not now: send it again later", code: 207, to: message)))
        }
        let principal = client.map { client in
            Principal(
                agencyID: client.agencyID, subject: client.clientID, role: .partner, scopes: Set(client.scopes),
                partnerID: client.partnerID)
        }
        let answer = await door.post(
            ByteBuffer(bytes: message), to: HL7Routes.path, mediaType: HL7Answer.mediaType, as: principal,
            over: channel)
        var bytes = Array(answer.body.readableBytesView)
        if bytes.isEmpty { bytes = rejection("something went wrong on our side", code: 207, to: message) }
        return counted(MLLPAnswer(bytes: bytes, isLast: principal == nil))
    }

    private func client(_ channel: any Channel) async throws -> ClientRegistry.Client? {
        var thumbprint: CertificateThumbprint?
        if hasCertificates {
            guard let certificate = try await channel.nioSSL_peerCertificate().get() else { return nil }
            thumbprint = CertificateThumbprint(ofDER: try certificate.toDERBytes())
        }
        switch (address.clientID, thumbprint) {
        case (let id?, nil): return try await registry.client(id)
        case (let id?, let thumbprint?):
            let client = try await registry.client(id)
            return client?.keys == .certificate(thumbprint) ? client : nil
        case (nil, let thumbprint?):
            let clients = try await registry.clients(certified: thumbprint)
            if clients.count > 1 {
                logger.error(
                    "a certificate is registered for several clients: give one of them a port of its own",
                    metadata: ["listen": "\(address.listen)", "clients": "\(clients.count)"])
            }
            return clients.count == 1 ? clients[0] : nil
        case (nil, nil): return nil
        }
    }

    private func rejection(_ text: String, code: Int, to bytes: [UInt8] = []) -> [UInt8] {
        // SAFETY: what cannot be read is answered without its number.
        let message = try? HL7Message(bytes)
        return HL7Acknowledgement(.rejected, faults: [.init(code: code, text: text)]).message(
            to: message, controlID: HL7Answer.controlID(ids), at: clock.now())
    }

    private func counted(_ answer: MLLPAnswer) -> MLLPAnswer {
        // SAFETY: what we wrote can be read; otherwise it is counted under no code.
        let code = (try? HL7Message(answer.bytes))?.first("MSA")?.text(1) ?? "none"
        Counter(label: "referrals_mllp_messages_total", dimensions: [("code", code)], factory: metrics).increment()
        return answer
    }
}

extension MLLPDoor {
    /// The listeners that the settings name, and whether they listen.
    ///
    /// - Throws: `ServiceSettings.Mistakes` where a port would be open to whoever finds it; where a certificate cannot be
    ///   read.
    static func listeners(
        _ environment: ServiceEnvironment
    ) throws -> (doors: [@Sendable (SideDoor) -> any Service], readiness: [ReadinessCheck]) {
        let settings = environment.settings
        let addresses = settings[ReferralsSettings.mllp].flatMap(MLLPAddress.list) ?? []
        guard !addresses.isEmpty else { return ([], []) }
        let certificates = try settings.certificateTLS()
        let state = MLLPState(addresses.map(\.listen))
        var limits = MLLPHandler.Limits()
        limits.frame = .seconds(Int64(ReferralsSettings.number(ReferralsSettings.mllpFrameSeconds, in: settings)))
        limits.idle = .seconds(Int64(ReferralsSettings.number(ReferralsSettings.mllpIdleSeconds, in: settings)))
        let most = ReferralsSettings.number(ReferralsSettings.mllpConnections, in: settings)
        let registry = ClientRegistry(pool: environment.database.workers)
        var doors: [@Sendable (SideDoor) -> any Service] = []
        for address in addresses {
            let isPlain = address.clientID != nil && (address.listen.isLoopback || settings.endsTLSUpstream)
            guard isPlain || certificates != nil else {
                throw ServiceSettings.Mistakes(sentences: [
                    "\(ReferralsSettings.mllp): \(address.listen) needs HANDRAIL_TLS_CERTIFICATE_FILE and "
                        + "HANDRAIL_TLS_CLIENT_CA_FILE, or a client id on loopback or behind a proxy"
                ])
            }
            let tls = isPlain ? nil : certificates
            let gauge = Gauge(
                label: "referrals_mllp_connections", dimensions: [("listen", "\(address.listen)")],
                factory: environment.metrics)
            doors.append { [limits] door in
                let handling = MLLPDoor(
                    address: address, hasCertificates: tls != nil, registry: registry, door: door,
                    ids: environment.ids, clock: environment.clock, metrics: environment.metrics,
                    logger: environment.logger)
                return MLLPListener(
                    address: address.listen, tls: tls, limits: limits, room: MLLPRoom(most: most, gauge: gauge),
                    actions: handling.actions, state: state, logger: environment.logger)
            }
        }
        return (doors, [ReadinessCheck("mllp") { state.failure }])
    }
}
