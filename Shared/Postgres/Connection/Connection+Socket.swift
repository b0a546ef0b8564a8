internal import CLibPQ
internal import DequeModule

// What happens when the socket is ready: libpq reads and writes, the state machine says what it means.
extension Connection {
    func watch(for readiness: Readiness) {
        descriptor = PQsocket(pointer)
        reactor.watch(descriptor, token: token, for: readiness) { [self] ready in
            assumeIsolated { $0.socketIsReady(ready) }
        }
    }

    func socketIsReady(_ readiness: Readiness) {
        switch phase {
        case .opening(let opener): return pollOpening(opener)
        case .open: break
        case .closed, nil: return
        }
        if readiness != .writable {
            repeat {
                guard PQconsumeInput(pointer) == 1 else { return lost() }
                readAnswers()
                guard isOpen else { return }
                readNotifications()
            } while handrail_tls_pending(pointer) > 0
        }
        flush()
    }

    /// Sends what libpq holds. While it could not send all, the socket is watched for both: the server may have
    /// stopped reading until we read.
    func flush() {
        switch PQflush(pointer) {
        case 0: watch(for: .readable)
        case 1: watch(for: [.readable, .writable])
        default: lost()
        }
    }

    func lost() {
        shutDown(PostgresError(.connectionLost, serverMessage: libpqMessage))
    }

    func readAnswers() {
        // PQgetResult blocks while libpq is busy, so it is asked only when it is not.
        while !machine.isIdle, PQisBusy(pointer) == 0 {
            let result = PQgetResult(pointer).map { ResultMemory($0) }
            perform(machine.arrived(arrival(of: result)), result)
            forgetUnprepared()
            guard isOpen else { return }
        }
    }

    func arrival(of result: ResultMemory?) -> PipelineStateMachine.Arrival {
        guard let result else { return .end }
        switch PQresultStatus(result.pointer) {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: return .success
        case PGRES_PIPELINE_SYNC: return .sync
        case PGRES_PIPELINE_ABORTED: return .aborted
        default: return .failure(result.error(statement: nameOfHead))
        }
    }

    /// The statement that the next answer belongs to, for errors.
    private var nameOfHead: String? {
        guard let request = inFlight.first, case .steps(let steps) = request.work else { return nil }
        return steps.dropFirst(request.results.count).first?.statement.name
    }

    func perform(_ action: PipelineStateMachine.Action, _ result: ResultMemory?) {
        switch action {
        case .nothing: break
        case .keep(let id):
            guard let result, inFlight.first?.id == id else { return lost() }
            inFlight[inFlight.startIndex].results.append(result)
        case .succeed(let id): answer(id, nil)
        case .fail(let id, let error): answer(id, error)
        case .resumePipeline(let id, let error):
            guard PQenterPipelineMode(pointer) == 1 else { return lost() }
            answer(id, error)
        case .breakOff: lost()
        }
    }

    func answer(_ id: RequestID, _ error: PostgresError?) {
        guard let request = inFlight.popFirst(), request.id == id else { return lost() }
        // A script waits for the pipeline to be empty, and everything behind it for the script: whatever the answer is.
        if !waiting.isEmpty { scheduleFlush() }
        if let error {
            if error.sqlState == "0A000" || error.sqlState == "26000" { prepared.removeAll() }
            request.answer.resume(returning: .failure(error))
            if error.spoilsConnection { shutDown(error) }
            return
        }
        guard case .steps(let steps) = request.work else { return request.answer.resume(returning: .success([])) }
        let rows = zip(request.results, steps).map { Rows($0, statement: $1.statement.name) }
        request.answer.resume(returning: .success(rows))
    }

    func forgetUnprepared() {
        let names = Set(machine.takeUnprepared())
        if !names.isEmpty { prepared = prepared.filter { !names.contains($0.value) } }
    }

    func readNotifications() {
        while let notification = PQnotifies(pointer) {
            defer { PQfreemem(notification) }
            listener?.yield(
                Notification(
                    channel: String(cString: notification.pointee.relname),
                    payload: String(cString: notification.pointee.extra)))
        }
    }
}
