import Glibc
import Postgres

/// The small disk that PostgreSQL's data is on, which can be filled up to the last byte.
struct Disk: Sendable {
    private let ballast: String

    /// - Parameter folder: where it is mounted.
    init(_ folder: String) {
        ballast = folder + "/ballast"
    }

    /// Takes all the space that is left.
    func fill() {
        let descriptor = open(ballast, O_WRONLY | O_CREAT, 0o600)
        guard descriptor >= 0 else { return }
        var offset: off_t = 0
        var step: off_t = 1 << 26
        while step >= 4096 {
            if posix_fallocate(descriptor, offset, step) == 0 { offset += step } else { step /= 2 }
        }
        close(descriptor)
    }

    func free() {
        unlink(ballast)
    }

    /// Whether PostgreSQL has met with it: a table that grows by 64 MB is refused, or the server goes down because it
    /// cannot write its log.
    func isFelt(by pool: Pool) async -> Bool {
        do {
            _ = try await pool.query(Self.grow)
            return false
        } catch {
            return error.sqlState == "53100" || error.code == .connectionLost
                || error.sqlState?.hasPrefix("57P") == true
        }
    }

    private static let grow = Statement(
        "chaos.grow",
        "insert into public.filler (filler) select repeat(md5(i::text), 100) from generate_series(1, 20000) i")
}
