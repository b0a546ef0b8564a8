internal import Glibc
internal import JSON
internal import Models

/// A file outside of the database to which every head is appended, one line of JSON each, as a log tells of it. Several
/// processes may append to the same one; nothing is ever taken out of it.
struct AuditHeadsFile: Sendable {
    private let path: String
    private let service: String

    init(_ path: String, service: String) {
        (self.path, self.service) = (path, service)
    }

    /// Appends these, and returns when they are on the disk. Opened anew each time, every few seconds, so that the file may
    /// be moved away.
    ///
    /// - Throws: ``CannotAppend``.
    func append(_ heads: [AuditHead], at now: Instant) throws(CannotAppend) {
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw CannotAppend(number: errno) }
        defer { close(descriptor) }
        for head in heads {
            let line = line(of: head, at: now)
            // One write for the whole line: lines of several processes do not mix.
            let written = line.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard written == line.count else { throw CannotAppend(number: written < 0 ? errno : ENOSPC) }
        }
        guard fsync(descriptor) == 0 else { throw CannotAppend(number: errno) }
    }

    private func line(of head: AuditHead, at now: Instant) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("time", now.description)
            json.field("service", service)
            json.field("message", "\(AuditHead.logMessage)")
            for (key, value) in head.logFields { json.field(named: key, value) }
        }
        json.endLine()
        return json.bytes
    }

    /// The file cannot be written.
    struct CannotAppend: Error, CustomStringConvertible {
        let number: Int32

        var description: String { "the file of heads cannot be written (errno \(number))" }
    }
}
