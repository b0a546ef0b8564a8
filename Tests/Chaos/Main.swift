import ArgumentParser
import FoundationEssentials
import Glibc

/// The program behind `deploy/local/chaos`: the conductor, and the processes that it starts and kills.
@main
struct ChaosCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "Chaos",
        abstract: "Publishes and handles messages while everything around them fails, and counts what came of it.",
        subcommands: [Run.self, Publish.self, Consume.self]
    )
}

/// Writes one line at once, also into a file or a pipe.
func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = write(STDOUT_FILENO, bytes, bytes.count)
}
