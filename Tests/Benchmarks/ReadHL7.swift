import ArgumentParser
import Foundation
import HL7v2

/// Reading an HL7 v2 referral: the message, and what a referral needs of it. No database.
struct ReadHL7: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "read-hl7", abstract: "Reads one HL7 v2 message again and again.")

    @Argument(help: "A file with a REF^I12.")
    var file: String

    @Option(help: "How long to measure.")
    var seconds: Double = 5

    /// The peer's script asks for the same ones.
    private static let wanted: [(segment: String, field: Int, component: Int)] = [
        ("MSH", 9, 1), ("MSH", 9, 2), ("MSH", 10, 1), ("RF1", 6, 1), ("RF1", 2, 1), ("PRD", 1, 1), ("PRD", 2, 2),
        ("PID", 3, 1), ("PID", 3, 4), ("PID", 5, 1), ("PID", 5, 2), ("PID", 7, 1), ("PID", 8, 1), ("PID", 11, 5),
        ("PID", 13, 7), ("PV1", 2, 1), ("DG1", 3, 1), ("DG1", 3, 2),
    ]

    func run() throws {
        let bytes = Array(try Data(contentsOf: URL(filePath: file)))
        var (found, latencies) = (0, Latencies())
        let (cpu, start) = (Processor.seconds, ContinuousClock.now)
        let end = start + .seconds(seconds)
        var before = start
        while before < end {
            let message = try HL7Message(bytes)
            for one in Self.wanted where message.first(one.segment)?.text(one.field, one.component) != nil {
                found += 1
            }
            let after = ContinuousClock.now
            latencies.add(after - before)
            before = after
        }
        guard found == latencies.count * Self.wanted.count else { throw Incomplete() }
        print(
            Measurement(latencies: latencies, elapsed: before - start, processorSeconds: Processor.seconds - cpu).json)
    }

    struct Incomplete: Error {}
}
