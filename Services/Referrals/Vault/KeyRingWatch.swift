internal import Dispatch
internal import Logging
internal import ServiceLifecycle

/// Reads the key ring's file again every two seconds, so that a key that an operator adds counts in every process.
struct KeyRingWatch: Service {
    static let pause = Duration.seconds(2)

    let ring: KeyRing
    let logger: Logger

    func run() async {
        // Reading blocks; the threads that serve requests do not wait for a disk.
        let reader = DispatchQueue(label: "key-ring")
        await cancelWhenGracefulShutdown {
            var isReadable = true
            while true {
                // Being cancelled ends the sleep, then the loop.
                do { try await Task.sleep(for: Self.pause) } catch { return }
                let read = await withCheckedContinuation { continuation in
                    reader.async { continuation.resume(returning: Result { try ring.reread() }) }
                }
                switch read {
                case .success(let isAnother):
                    isReadable = true
                    if isAnother {
                        logger.info("identities are encrypted with another key", metadata: ["key": "\(ring.currentID)"])
                    }
                case .failure(let error):
                    if isReadable {
                        logger.error("the key ring cannot be read, its keys stay", metadata: ["error": "\(error)"])
                    }
                    isReadable = false
                }
            }
        }
    }
}
