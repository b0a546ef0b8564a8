import FoundationEssentials
import Glibc

/// A file with a secret: it appears, and changes, whole or not at all, and is closed to others from the beginning.
struct SecretFile {
    private let path: String
    private let draft: String

    init(_ url: URL) {
        path = url.path
        draft = url.deletingLastPathComponent().appending(path: ".\(url.lastPathComponent).new").path
    }

    /// Writes a new file, or another in its place.
    func write(_ content: [UInt8]) throws {
        try drafting { descriptor in try Self.write(content, to: descriptor) }
    }

    /// Puts another content in the place of the file's, with the same owner and permissions. Two at once do not lose
    /// each other's change: the second is refused.
    func replace(_ change: ([UInt8]) throws -> [UInt8]) throws {
        try drafting { descriptor in
            var status = stat()
            guard stat(path, &status) == 0 else { throw OperatorSettings.Mistake(description: "\(path) is not there") }
            let content = Array(try Data(contentsOf: URL(filePath: path)))
            // The service must be able to read what its operator wrote.
            guard fchown(descriptor, status.st_uid, status.st_gid) == 0,
                fchmod(descriptor, status.st_mode & 0o777) == 0
            else { throw OperatorSettings.Mistake(description: "\(draft) cannot be given the owner of \(path)") }
            try Self.write(try change(content), to: descriptor)
        }
    }

    private func drafting(_ fill: (Int32) throws -> Void) throws {
        let descriptor = open(draft, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw OperatorSettings.Mistake(
                description: errno == EEXIST
                    ? "\(draft) is there: another command is writing it, or was interrupted; remove it then"
                    : "\(draft) cannot be written")
        }
        defer { close(descriptor) }
        do {
            try fill(descriptor)
            // On the disk before it has its name: a key that encrypts must not be lost to a power cut.
            guard fsync(descriptor) == 0, rename(draft, path) == 0 else {
                throw OperatorSettings.Mistake(description: "\(path) cannot be written")
            }
        } catch {
            unlink(draft)
            throw error
        }
        syncFolder()
    }

    private func syncFolder() {
        let folder = open(URL(filePath: path).deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return }
        fsync(folder)
        close(folder)
    }

    private static func write(_ content: [UInt8], to descriptor: Int32) throws {
        var rest = content[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw OperatorSettings.Mistake(description: "the file cannot be written whole") }
            rest = rest.dropFirst(count)
        }
    }
}
