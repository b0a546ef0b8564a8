import ArgumentParser
import FoundationEssentials
import MessageTable
import Models

extension Messages {
    struct Deliveries: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists what was given up for a partner, and what waits, in its order.")

        @Argument(help: "The partner, as `handrail messages partners` lists it.")
        var partner: String

        func run() async throws {
            let deliveries = try await Messages.withLog { [partner] log in
                try await log.deliveries(to: partner, limit: 200)
            }
            for delivery in deliveries {
                let state = delivery.isDead ? "given up \(delivery.at)" : "due since \(delivery.at)"
                let error = delivery.error.map { ": \($0)" } ?? ""
                print(
                    "\(delivery.deliveryID.uuidString.lowercased()) \(delivery.kind), \(delivery.attempt) attempts, "
                        + "\(state)\(error) (agency \(delivery.agencyID))")
            }
            if deliveries.isEmpty { print("none") }
        }
    }

    struct Resend: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends a partner's pause, and sends again what was given up.",
            discussion: """
                For a partner whose receiver works again. What was given up goes out behind what waits; until one has \
                succeeded, a single one is tried at a time.
                """)

        @Argument(help: "The partner, as `handrail messages partners` lists it.")
        var partner: String

        func run() async throws {
            let count = try await Messages.withLog { [partner] log in
                try await log.resend(to: partner, at: WallClock.system.now(), by: Messages.account)
            }
            guard let count else {
                print("nothing was ever queued for \(partner)")
                throw ExitCode(1)
            }
            let again = count == 1 ? "delivery goes out again" : "deliveries go out again"
            print("the pause is over; \(count) \(again)")
        }
    }

    struct Withdraw: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Gives one delivery up for good, so that those behind it go out.")

        @Argument(help: "Its id, as `handrail messages deliveries` lists it.")
        var delivery: String

        func run() async throws {
            guard let id = UUID(uuidString: delivery) else { throw ValidationError("\(delivery) is no id") }
            guard try await Messages.withLog({ try await $0.withdraw(id, by: Messages.account) }) else {
                print("no delivery \(delivery) waits or was given up")
                throw ExitCode(1)
            }
            print("withdrawn")
        }
    }
}
