/// Wakes one loop before its pause is over: something came, or the process is ending.
actor Bell {
    private var isRung = false
    private var sleeper: (id: UInt64, continuation: CheckedContinuation<Void, Never>)?
    private var nextSleeper: UInt64 = 0

    /// Ends the present pause; without one, the next pause ends at once.
    func ring() {
        isRung = true
        wake()
    }

    /// Returns when the bell rings, or after the given time. For one loop at a time.
    func wait(atMost pause: Duration) async {
        if !isRung {
            nextSleeper += 1
            let id = nextSleeper
            let alarm = Task {
                try await Task.sleep(for: pause)
                expire(id)
            }
            await withCheckedContinuation { sleeper = (id, $0) }
            alarm.cancel()
        }
        isRung = false
    }

    private func expire(_ id: UInt64) {
        if sleeper?.id == id { wake() }
    }

    private func wake() {
        sleeper?.continuation.resume()
        sleeper = nil
    }
}
