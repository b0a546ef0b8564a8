import Foundation
import HL7v2
import Models
import Postgres
import ReferralsSettings
import ServiceKit
import TestKit
import Testing

@testable import Referrals

/// The MLLP client of the Python package `hl7`, which nobody of ours wrote.
private enum ForeignEngine {
    static let python = PythonEnvironment("hl7-0.4.5", packages: ["hl7==0.4.5"], probe: "import hl7.client")

    static let published = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../../shared/data/hl7v2").standardizedFileURL

    /// Sends each file as its own message over one connection, and prints what was answered: code, number, type.
    static let script = """
        import pathlib, sys, hl7
        from hl7.client import MLLPClient
        with MLLPClient("127.0.0.1", int(sys.argv[1])) as client:
            for name in sys.argv[2:]:
                sent = pathlib.Path(name).read_bytes().removeprefix(b"\\xef\\xbb\\xbf").replace(b"\\r\\n", b"\\r").replace(b"\\n", b"\\r").strip(b"\\r")
                raw = client.send_message(sent).decode("utf-8").strip("\\x0b\\x1c\\r")
                answer = hl7.parse(raw)
                own = sent.split(b"\\r")[0].split(sent[3:4])
                number = own[9].decode() if sent[:3] == b"MSH" and len(own) > 9 else ""
                msa = answer.segment("MSA")
                same = str(msa[2]) == number or str(msa[1]) == "AR"
                print(pathlib.Path(name).name, str(msa[1]), "same" if same else f"{msa[2]!r} is not {number!r}",
                      str(answer.segment("MSH")[9]))
        """
}

@Suite(
    "An interface engine that is not ours",
    .enabled(if: ForeignEngine.python != nil, "no Python with hl7 0.4.5 (python3, pip)"))
struct ForeignEngineTests {
    private static let stored = Statement("test.stored", "select status from referral.referral order by referral_id")

    @Test("it sends what others have published and reads every answer; referrals are taken, once")
    func published() async throws {
        let python = try #require(ForeignEngine.python)
        try await PartnerServer.with { server in
            let referring = server.referring
            let partnerID = try await referring.hospital("Mercy")
            let clientID = try await referring.work {
                try await referring.store.addClient(
                    of: partnerID, keys: .url("https://k.example/j"), scopes: ["system/*.cruds"], in: $0)
            }
            let door = MLLPDoor(
                address: .init(listen: MLLPServer.loopback, clientID: clientID), hasCertificates: false,
                registry: ClientRegistry(pool: referring.workers), door: try server.sideDoor(),
                ids: referring.store.ids, clock: referring.clock.wall, metrics: PrometheusRegistry(), logger: .silent)
            let own = FileManager.default.temporaryDirectory.appending(path: "own-\(UUID().uuidString).hl7")
            try Data(HL7DoorTests.referral().utf8).write(to: own)
            defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: own) } }
            let files =
                FileManager.default.enumerator(at: ForeignEngine.published, includingPropertiesForKeys: nil)?
                .allObjects as? [URL] ?? []
            let messages = files.filter { $0.pathExtension == "hl7" }.map(\.path).sorted()
            try await MLLPServer.with(door.actions) { port, _ in
                let sent = [own.path] + messages + [own.path]
                let (status, output) = await python.runAside(ForeignEngine.script, ["\(port)"] + sent)
                let lines = output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
                #expect(status == 0 && lines.count == sent.count, "\(output)")
                #expect(lines.allSatisfy { $0.dropFirst(2).first == "same" }, "\(output)")
                #expect(lines.first?.dropFirst() == ["AA", "same", "RRI^I12^RRI_I12"], "\(output)")
                #expect(lines.last?.dropFirst() == lines.first?.dropFirst())
                let codes = Dictionary(grouping: lines) { $0.count > 1 ? $0[1] : "" }.mapValues(\.count)
                print("MLLP, published messages: \(codes)")
                // Registrations and appointments are taken with thanks; of those that are here, none is an overdose.
                #expect(codes["AA", default: 0] >= 30, "\(output)")
                let referrals = lines.filter { $0.count > 3 && $0[3].hasPrefix("RRI^I12") && $0[1] == "AA" }
                let stored = try await referring.look(Self.stored, as: String.self)
                #expect(stored.count == Set(referrals.map { $0[0] }).count, "\(output)")
            }
        }
    }
}
