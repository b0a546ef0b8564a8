import ArgumentParser

/// Our side of the benchmarks that `deploy/local/bench` runs: each command does one thing for so many seconds and
/// prints one line of JSON.
@main
struct Benchmarks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Does one thing as often as it can, and prints how often: for deploy/local/bench.",
        subcommands: [
            SingleStatement.self, BusinessTransaction.self, PublishStatement.self, PublishTransaction.self,
            Consume.self, Travel.self, ReadHL7.self,
        ]
    )
}
