import CoreMetrics
import Foundation
import HL7v2
import Models
import NIOSSL
import Postgres
import ReferralsSettings
import ServiceKit
import TestKit
import Testing

@testable import Referrals
@testable import ServiceKit

/// The door for MLLP on a database of its own, with the API behind it.
private struct MLLPHospital: Sendable {
    let server: PartnerServer
    let partnerID: PartnerID
    let clientID: String
    let metrics: PrometheusRegistry

    var referring: Referring { server.referring }

    static let scopes = ["system/ServiceRequest.cr", "system/Task.crus"]

    static func with(
        keys: ClientKeys = .url("https://k.example/jwks"),
        _ body: @escaping @Sendable (MLLPHospital) async throws -> Void
    ) async throws {
        try await PartnerServer.with { server in
            let partnerID = try await server.referring.hospital("Mercy")
            let clientID = try await server.referring.work {
                try await server.referring.store.addClient(of: partnerID, keys: keys, scopes: scopes, in: $0)
            }
            try await body(
                MLLPHospital(
                    server: server, partnerID: partnerID, clientID: clientID, metrics: PrometheusRegistry()))
        }
    }

    /// What a listener does with messages, for the client of the port or of the certificate.
    func actions(port client: String?, hasCertificates: Bool = false) throws -> MLLPHandler.Actions {
        MLLPDoor(
            address: MLLPAddress(listen: MLLPServer.loopback, clientID: client), hasCertificates: hasCertificates,
            registry: ClientRegistry(pool: referring.workers), door: try server.sideDoor(), ids: referring.store.ids,
            clock: referring.clock.wall, metrics: metrics, logger: .silent
        ).actions
    }

    func look(_ sql: StaticString) async throws -> [String] {
        try await referring.look(Statement("test.look", sql), as: String.self)
    }

    static let stored: StaticString = "select setting || ' ' || status from referral.referral order by referral_id"
}

@Suite("Referrals by MLLP") struct MLLPDoorTests {
    @Test("a referral is taken and answered as over HTTP, once however often it is sent, on record as the partner's")
    func taken() async throws {
        try await MLLPHospital.with { hospital in
            try await MLLPServer.with(try hospital.actions(port: hospital.clientID)) { port, _ in
                var numbers: Set<String> = []
                for _ in 0..<3 {
                    try await MLLPCaller.with(port) { (caller) async throws -> Void in
                        try await caller.send(HL7DoorTests.referral())
                        let answer = try #require(try await caller.answer())
                        #expect(answer.type == ("RRI", "I12") && answer.first("MSA")?.text(1) == "AA")
                        #expect(answer.first("MSA")?.text(2) == "C77")
                        numbers.insert(try #require(answer.first("RF1")?.text(11)))
                    }
                }
                #expect(numbers.count == 1)
                #expect(try await hospital.look(MLLPHospital.stored) == ["emergency-department accepted"])
                let audited = try await hospital.look(
                    "select distinct subject || ' ' || partner_id || ' ' || operation_id from referral.audit_event")
                #expect(audited == ["\(hospital.clientID) \(hospital.partnerID) receiveHL7"])
                #expect(hospital.metrics.exposition().contains(#"referrals_mllp_messages_total{code="AA"} 3"#))
            }
        }
    }

    @Test("what cannot be taken is answered in words, nothing is stored, and the connection goes on")
    func refused() async throws {
        try await MLLPHospital.with { hospital in
            try await MLLPServer.with(try hospital.actions(port: hospital.clientID)) { port, _ in
                try await MLLPCaller.with(port) { (caller) async throws -> Void in
                    let segments = Array(repeating: "OBX|1|ST|x||y", count: 100_000).joined(separator: "\r")
                    let referral = HL7DoorTests.referral()
                    for (sent, code) in [
                        ("hello", "AR "), (#"MSH|||||"#, "AR "), ("MSH", "AR "), ("", "AR "),
                        (referral.replacing("MSH|^~", with: "MSH|^^"), "AR "),
                        (referral.replacing("REF^I12", with: "ORU^R01"), "AR C77"),
                        (referral.replacing("\rPID|", with: "\rPIX|"), "AE C77"),
                        (referral + "\r" + segments.prefix(1_000_000), "AR "),
                    ] as [(String, String)] {
                        try await caller.send(sent)
                        #expect(try await caller.code() == code, "\(sent.prefix(200))")
                    }
                    #expect(try await hospital.look(MLLPHospital.stored).isEmpty)
                    try await caller.send(referral)
                    #expect(try await caller.code() == "AA C77")
                }
            }
        }
    }

    @Test("a client that is disabled while it is connected is told so, and let go")
    func disabled() async throws {
        try await MLLPHospital.with { hospital in
            try await MLLPServer.with(try hospital.actions(port: hospital.clientID)) { port, _ in
                try await MLLPCaller.with(port) { (caller) async throws -> Void in
                    try await caller.send(HL7DoorTests.referral())
                    #expect(try await caller.code() == "AA C77")
                    try await hospital.referring.work {
                        try await hospital.referring.store.disableClient(
                            hospital.clientID, of: hospital.partnerID, in: $0)
                    }
                    try await caller.send(HL7DoorTests.referral(placer: "R-2^MERCY"))
                    let answers = [try await caller.code(), try await caller.code()]
                    #expect(answers == ["AR C77", nil])
                }
                #expect(try await hospital.look(MLLPHospital.stored).count == 1)
                let denied = try await hospital.look("select reason from referral.denied_access")
                #expect(denied == ["no-token"])
            }
        }
    }

    @Test("over TLS the certificate says who sends: the registered one, no other, none, and not one of two clients'")
    func certificates() async throws {
        let (authority, stranger) = (try TestAuthority(), try TestAuthority())
        let (engine, other, forger) = (
            try authority.identity("engine"), try authority.identity("other"), try stranger.identity("engine")
        )
        let thumbprint = try #require(CertificateThumbprint(ofPEM: engine.certificatePEM))
        try await MLLPHospital.with(keys: .certificate(thumbprint)) { hospital in
            let folder = FileManager.default.temporaryDirectory.appending(path: "mllp-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
            func write(_ name: String, _ text: String) throws -> String {
                try Data(text.utf8).write(to: folder.appending(path: name))
                return folder.appending(path: name).path
            }
            let server = try authority.identity("localhost")
            let tls = try ServiceSettings.certificateTLS(
                write("server.pem", server.certificatePEM), write("server.key", server.keyPEM),
                clientAuthority: write("authority.pem", authority.pem))
            @Sendable func code(_ identity: TestAuthority.Identity?, _ port: Int) async throws -> String? {
                var trust = try authority.clientConfiguration()
                if let identity {
                    trust.certificateChain = [.certificate(identity.certificate)]
                    trust.privateKey = .privateKey(
                        try NIOSSLPrivateKey(bytes: Array(identity.keyPEM.utf8), format: .pem))
                }
                return try await MLLPCaller.with(port, tls: trust) { (caller) async throws -> String? in
                    do { try await caller.send(HL7DoorTests.referral()) } catch { return nil }
                    return try await caller.code()
                }
            }
            let context = try NIOSSLContext(configuration: tls)
            let actions = try hospital.actions(port: nil, hasCertificates: true)
            try await MLLPServer.with(tls: context, actions) { port, _ in
                #expect(try await code(engine, port) == "AA C77")
                #expect(try await code(other, port) == "AR C77")
                #expect(try await code(nil, port) == nil)
                #expect(try await code(forger, port) == nil)
                let second = try await hospital.referring.hospital("Second")
                _ = try await hospital.referring.work {
                    try await hospital.referring.store.addClient(
                        of: second, keys: .certificate(thumbprint), scopes: MLLPHospital.scopes, in: $0)
                }
                #expect(try await code(engine, port) == "AR C77")
                #expect(try await hospital.look(MLLPHospital.stored).count == 1)
            }
            // A port of its own says which of the two it is, and the certificate that it is it.
            let own = try hospital.actions(port: hospital.clientID, hasCertificates: true)
            try await MLLPServer.with(tls: context, own) { (port, _) async throws -> Void in
                #expect(try await code(engine, port) == "AA C77")
                #expect(try await code(other, port) == "AR C77")
            }
        }
    }

    @Test("addresses are host and port, with or without a client, each port once")
    func addresses() {
        let two = MLLPAddress.list("127.0.0.1:2575=a.b, [::1]:2576")
        #expect(two?.map(\.clientID) == ["a.b", nil] && two?.map(\.listen.port) == [2575, 2576])
        for wrong in ["", "2575", "127.0.0.1", "127.0.0.1:1=", "127.0.0.1:1,", "127.0.0.1:1,127.0.0.1:1=a.b", "=a"] {
            #expect(MLLPAddress.list(wrong) == nil, "\(wrong)")
        }
    }
}
