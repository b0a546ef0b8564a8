import CLibPQ
import Foundation
import Glibc

/// A server in front of PostgreSQL that speaks TLS in records as large as they may be, as a connection pooler does.
///
/// It takes one connection, and ends with it.
struct FullRecords {
    let port: Int
    private let ended: AsyncStream<Void>

    struct Failed: Error {}

    /// - Parameter path: the file of PostgreSQL's Unix socket.
    init(_ server: (certificate: String, key: String), inFrontOf path: String) throws {
        let context = SSL_CTX_new(TLS_server_method())
        guard SSL_CTX_use_certificate_chain_file(context, server.certificate) == 1,
            SSL_CTX_use_PrivateKey_file(context, server.key, SSL_FILETYPE_PEM) == 1
        else { throw Failed() }
        let listener = try LoopbackListener()
        port = listener.port
        // SAFETY: used on the thread below only.
        nonisolated(unsafe) let tls = SSL_new(context)
        let (ended, end) = AsyncStream.makeStream(of: Void.self)
        self.ended = ended
        Thread.detachNewThread {
            let (client, server) = (accept(listener.descriptor, nil, nil), Self.connect(path))
            Self.serve(tls, client, server)
            for descriptor in [client, server] { close(descriptor) }
            listener.close()
            SSL_free(tls)
            end.finish()
        }
        SSL_CTX_free(context)
    }

    /// Returns when the connection is over.
    func finished() async {
        for await _ in ended {}
    }

    private static func serve(_ tls: OpaquePointer?, _ client: Int32, _ server: Int32) {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        // What the client asks before TLS begins, and "yes".
        guard server >= 0, recv(client, &buffer, 8, Int32(MSG_WAITALL)) == 8, write(client, "S", 1) == 1,
            SSL_set_fd(tls, client) == 1, SSL_accept(tls) == 1
        else { return }
        while true {
            if SSL_pending(tls) > 0 || isReadable(client, unless: server) {
                let count = SSL_read(tls, &buffer, Int32(buffer.count))
                guard count > 0, send(server, buffer, Int(count), 0) == count else { return }
            }
            guard isReadable(server, within: 0) else { continue }
            var count = 0
            repeat {
                let more = buffer.withUnsafeMutableBytes { recv(server, $0.baseAddress! + count, $0.count - count, 0) }
                guard more > 0 else { return }
                count += more
            } while count < buffer.count && isReadable(server, within: 2)
            guard SSL_write(tls, buffer, Int32(count)) == count else { return }
        }
    }

    /// Waits for either.
    private static func isReadable(_ first: Int32, unless second: Int32) -> Bool {
        var both = [first, second].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        return poll(&both, 2, -1) > 0 && both[0].revents != 0
    }

    private static func isReadable(_ descriptor: Int32, within milliseconds: Int32) -> Bool {
        var one = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&one, 1, milliseconds) > 0
    }

    private static func connect(_ path: String) -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 ? descriptor : -1
            }
        }
    }
}
