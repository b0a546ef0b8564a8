internal import Dispatch
internal import NIOConcurrencyHelpers
internal import ServiceKit

/// Hashes passwords on threads of its own, a few at once: scrypt takes a third of a second and 128 MiB, which neither the
/// threads that serve requests nor the memory of the process may be given to whoever knocks.
final class PasswordHasher: Sendable {
    /// How many may wait in all; more are asked to come again.
    private static let mostWaiting = 32

    private let cost: ScryptCost
    private let lanes: [DispatchQueue]
    private let waiting: NIOLockedValueBox<[Int]>

    /// - Parameter width: how many are hashed at once; each takes the cost's memory.
    init(cost: ScryptCost = .standard, width: Int = 2) {
        self.cost = cost
        lanes = (0..<width).map { DispatchQueue(label: "password-\($0)") }
        waiting = NIOLockedValueBox(Array(repeating: 0, count: width))
    }

    func hash(_ password: String) async throws -> [UInt8] {
        let cost = cost
        return try await run { try PasswordHash.make(password, cost: cost) }
    }

    /// Whether it is the password; without a stored one the same work is done, and it never is.
    func verify(_ password: String, against stored: [UInt8]?) async throws -> Bool {
        let hash = stored ?? PasswordHash.decoy(cost: cost)
        return try await run { try PasswordHash.holds(password, hash) } && stored != nil
    }

    private func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        let lane = waiting.withLockedValue { waiting -> Int? in
            guard waiting.reduce(0, +) < Self.mostWaiting, let least = waiting.min() else { return nil }
            let lane = waiting.firstIndex(of: least)
            if let lane { waiting[lane] += 1 }
            return lane
        }
        guard let lane else { throw Problem.unavailable(retryAfter: 5) }
        defer { waiting.withLockedValue { $0[lane] -= 1 } }
        return try await withCheckedThrowingContinuation { continuation in
            lanes[lane].async { continuation.resume(with: Result(catching: body)) }
        }
    }
}
