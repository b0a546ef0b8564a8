internal import ServiceKit

/// The process `peer-matching`: finds a peer for each accepted referral.
@main
enum Main {
    static func main() async {
        await ServiceMain.run("peer-matching", build: build)
    }
}
