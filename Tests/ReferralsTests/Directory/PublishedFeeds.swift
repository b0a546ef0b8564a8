import Foundation

/// Feeds as they were published, where they lie beside the package.
enum PublishedFeeds {
    private static let folder: URL = {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "../shared/data")
    }()

    static let areHere = FileManager.default.fileExists(atPath: folder.appending(path: "meetings").path)

    static func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: path)))
    }

    /// The files below a folder.
    static func files(_ path: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder.appending(path: path).path)
            .filter { $0.hasSuffix(".json") || $0.hasSuffix(".csv") }.sorted().map { "\(path)/\($0)" }
    }
}
