internal import Glibc

/// What the proxy's thread does: waits for its sockets and carries bytes between them.
struct ProxyLoop: Sendable {
    var faults = FaultyProxy.Faults()
    var serverBytesUntilCut: Int?
    private(set) var links: [ProxyLink] = []
    private(set) var isStopped = false
    private let listener: Int32
    private let wakeUp: Int32
    private let target: UInt16

    init(listener: Int32, wakeUp: Int32, target: UInt16) {
        (self.listener, self.wakeUp, self.target) = (listener, wakeUp, target)
    }

    /// Waits until something can be done, and does it.
    mutating func turn() {
        // While stalled nothing but an order is waited for: an end that is not looked at is not passed on.
        var waits = [pollfd(fd: wakeUp, events: Int16(POLLIN), revents: 0)]
        if !faults.isStalled {
            waits.append(pollfd(fd: listener, events: Int16(POLLIN), revents: 0))
            let now = ContinuousClock.now
            for link in links { waits += link.waits(at: now) }
        }
        poll(&waits, nfds_t(waits.count), pauseMilliseconds)
        if waits[0].revents != 0 {
            var rings = [UInt8](repeating: 0, count: 64)
            _ = read(wakeUp, &rings, rings.count)
        }
        guard !faults.isStalled else { return }
        for index in links.indices {
            links[index].carry(
                client: waits[2 + 2 * index].revents, server: waits[3 + 2 * index].revents, faults,
                &serverBytesUntilCut)
        }
        links.removeAll { $0.isClosed }
        if waits[1].revents != 0 { accept() }
    }

    /// Until the first bytes that are held back are due; -1 when there are none.
    private var pauseMilliseconds: Int32 {
        guard !faults.isStalled, let due = links.compactMap(\.due).min() else { return -1 }
        let pause = due - .now
        return pause <= .zero ? 0 : Int32(clamping: pause / .milliseconds(1) < 1 ? 1 : Int(pause / .milliseconds(1)))
    }

    private mutating func accept() {
        while case let client = Glibc.accept(listener, nil, nil), client >= 0 {
            LoopbackSocket.prepare(client)
            if !faults.refusesConnections, let server = LoopbackSocket.connect(to: target) {
                links.append(ProxyLink(client: client, server: server))
            } else {
                LoopbackSocket.reset(client)
            }
        }
    }

    mutating func cut() -> Int {
        defer { links.removeAll() }
        for index in links.indices { links[index].reset() }
        return links.count
    }

    mutating func stop() {
        guard !isStopped else { return }
        _ = cut()
        close(listener)
        isStopped = true
    }
}

/// One connection through the proxy: its client's side and its server's.
struct ProxyLink: Sendable {
    private let client: Int32
    private let server: Int32
    private var up = ProxyQueue()
    private var down = ProxyQueue()
    private(set) var isClosed = false

    init(client: Int32, server: Int32) {
        (self.client, self.server) = (client, server)
    }

    /// When the first bytes that are held back are due.
    var due: ContinuousClock.Instant? {
        [up.due, down.due].compactMap(\.self).min()
    }

    /// What to wait for on the client's side and on the server's.
    func waits(at now: ContinuousClock.Instant) -> [pollfd] {
        func wait(_ socket: Int32, _ reads: Bool, _ writes: Bool) -> pollfd {
            // A negative descriptor is passed over: without a wish not even the end is reported, again and again.
            pollfd(
                fd: reads || writes ? socket : -1,
                events: Int16((reads ? POLLIN : 0) | (writes ? POLLOUT : 0)), revents: 0)
        }
        return [
            wait(client, up.takesMore, down.isDue(at: now)),
            wait(server, down.takesMore, up.isDue(at: now)),
        ]
    }

    mutating func carry(
        client clientEvents: Int16, server serverEvents: Int16, _ faults: FaultyProxy.Faults,
        _ serverBytesUntilCut: inout Int?
    ) {
        let now = ContinuousClock.now
        if clientEvents != 0, up.takesMore { up.read(client, at: now, faults) }
        if serverEvents != 0, down.takesMore { down.read(server, at: now, faults) }
        var unlimited: Int?
        up.write(server, at: now, until: &unlimited)
        down.write(client, at: now, until: &serverBytesUntilCut)
        if serverBytesUntilCut == 0 {
            serverBytesUntilCut = nil
            reset()
        } else if up.isBroken || down.isBroken {
            reset()
        } else if up.hasEnded && down.hasEnded {
            close(client)
            close(server)
            isClosed = true
        }
    }

    mutating func reset() {
        guard !isClosed else { return }
        LoopbackSocket.reset(client)
        LoopbackSocket.reset(server)
        isClosed = true
    }
}
