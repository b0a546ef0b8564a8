import Foundation

/// A folder that is removed when the body returns.
func withTemporaryFolder<T>(_ body: (URL) async throws -> T) async throws -> T {
    let folder = FileManager.default.temporaryDirectory.appending(path: "handrail-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer {
        // SAFETY: what stays behind is in the machine's temporary folder, and no part of what is tested.
        try? FileManager.default.removeItem(at: folder)
    }
    return try await body(folder)
}
