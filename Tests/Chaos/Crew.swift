import Foundation
import Glibc

/// The processes that publish and consume: started, killed, stopped and woken.
actor Crew {
    enum Role: Hashable, Sendable {
        case publisher
        case consumer(group: String)

        var isPublisher: Bool { self == .publisher }
    }

    private struct Member {
        let role: Role
        let process: Process
        var isStopped = false
    }

    private let executable: URL
    private let url: String
    private let folder: String
    private var members: [Member] = []
    private var started = 0

    /// - Parameters:
    ///   - url: what they connect to.
    ///   - folder: where their ledgers and logs go.
    init(url: String, folder: String) throws {
        (self.url, self.folder) = (url, folder)
        executable = URL(filePath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
    }

    func start(_ role: Role) throws {
        started += 1
        let process = Process()
        process.executableURL = executable
        let log = "\(folder)/process-\(started).log"
        switch role {
        case .publisher: process.arguments = ["publish", url, "\(folder)/ledger-\(started)"]
        case .consumer(let group): process.arguments = ["consume", url, group]
        }
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        process.standardError = FileHandle(forWritingAtPath: log)
        process.standardInput = FileHandle.nullDevice
        try process.run()
        members.append(Member(role: role, process: process))
    }

    /// Kills one of them as the kernel would, and starts another of the same role.
    func replace(publisher: Bool, using pick: (Int) -> Int) throws {
        let candidates = members.indices.filter { members[$0].role.isPublisher == publisher && !members[$0].isStopped }
        guard !candidates.isEmpty else { return }
        let member = members.remove(at: candidates[pick(candidates.count)])
        end(member)
        try start(member.role)
    }

    /// Stops a consumer where it stands; returns its process.
    func stopOne(using pick: (Int) -> Int) -> Int32? {
        let candidates = members.indices.filter { !members[$0].role.isPublisher && !members[$0].isStopped }
        guard candidates.count > 1 else { return nil }
        let index = candidates[pick(candidates.count)]
        members[index].isStopped = true
        kill(members[index].process.processIdentifier, SIGSTOP)
        return members[index].process.processIdentifier
    }

    /// Lets it go on as if nothing had been.
    func wake(_ identifier: Int32) {
        guard let index = members.firstIndex(where: { $0.process.processIdentifier == identifier }) else { return }
        members[index].isStopped = false
        kill(identifier, SIGCONT)
    }

    /// Ends those of one kind, or all.
    func endAll(publishersOnly: Bool) {
        for member in members where member.role.isPublisher || !publishersOnly { end(member) }
        members.removeAll { $0.role.isPublisher || !publishersOnly }
    }

    /// Those that ended although nobody killed them.
    var fallen: Int { members.count { !$0.process.isRunning } }

    private func end(_ member: Member) {
        kill(member.process.processIdentifier, SIGKILL)
        member.process.waitUntilExit()
    }
}
