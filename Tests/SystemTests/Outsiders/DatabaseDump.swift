import Foundation
import Testing

/// What somebody has who took a copy of the database and nothing else.
enum DatabaseDump {
    /// The rows of each table that has any, as `pg_dump` writes them; of all of them together.
    static func outlets(of suite: RunningSuite) async throws -> [Outlet] {
        let file = suite.folder.appending(path: "dump.sql")
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["pg_dump", "--data-only", "--file", file.path, suite.migratorURL]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        var outlets: [Outlet] = []
        var table: String?
        var rows = ""
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
            if table == nil, line.hasPrefix("COPY ") {
                table = String(line.dropFirst("COPY ".count).prefix { $0 != " " })
                rows = ""
            } else if let name = table, line == "\\." {
                if !rows.isEmpty { outlets.append(Outlet("dump \(name)", rows.utf8)) }
                table = nil
            } else if table != nil {
                rows += line + "\n"
            }
        }
        return outlets
    }
}
