internal import CLibPQ
internal import DequeModule

// What happens when the socket is ready: libpq reads and writes, the state machine says what it means.
extension Wire {
    /// What is waited for on the socket; libpq may replace it by another one while it connects.
    mutating func watch(for readiness: Readiness) {
        let socket = PQsocket(pointer)
        guard socket != descriptor || readiness != watching || !isOpen else { return }
        (descriptor, watching) = (socket, readiness)
        watch.reactor.watch(socket, token: watch.token, for: readiness)
    }

    mutating func socketIsReady(_ readiness: Readiness) {
        switch phase {
        case .opening(let opener): return pollOpening(opener)
        case .open: break
        case .closed, nil: return
        }
        if readiness != .writable {
            lastSign = .now
            repeat {
                guard PQconsumeInput(pointer) == 1 else { return brokenOff() }
                readAnswers()
                guard isOpen else { return }
                readNotifications()
            } while handrail_tls_pending(pointer) > 0
        }
        // What had to wait for the pipeline to be empty, or for something that had the connection for itself.
        if waiting.isEmpty { flush() } else { sendWaiting() }
    }

    /// The link is gone. Why, the server may have said just before, in place of an answer: that it is shutting down.
    private mutating func brokenOff() {
        guard let said = machine.failure, said.spoilsConnection else { return lost() }
        shutDown(said)
    }

    /// Sends what libpq holds. While it could not send all, the socket is watched for both: the server may have
    /// stopped reading until we read.
    mutating func flush() {
        switch PQflush(pointer) {
        case 0:
            if case .solo(let solo)? = inFlight.first?.work { solo.sent() }
            watch(for: isPaused ? [] : .readable)
        case 1: watch(for: isPaused ? .writable : [.readable, .writable])
        default: lost()
        }
    }

    /// Whether the reader of a stream is behind: then nothing is read, and the server has to wait.
    private var isPaused: Bool {
        if case .solo(let solo)? = inFlight.first?.work { solo.isPaused } else { false }
    }

    /// Goes on reading after a pause, first what libpq has read already.
    mutating func goOnReading() {
        guard isOpen else { return }
        lastSign = .now
        readAnswers()
        if isOpen { waiting.isEmpty ? flush() : sendWaiting() }
    }

    mutating func readAnswers() {
        // PQgetResult blocks while libpq is busy, so it is asked only when it is not.
        while isOpen, let head = inFlight.first {
            switch head.work {
            case .solo(let solo):
                switch solo.read(pointer) {
                case .waits: return
                case .ended(let error): end(head.id, error)
                case .broken: return lost()
                }
            case .steps:
                guard !machine.isIdle, PQisBusy(pointer) == 0 else { return }
                let result = PQgetResult(pointer).map { ResultMemory($0) }
                perform(machine.arrived(arrival(of: result)), result)
            }
        }
    }

    private mutating func end(_ id: RequestID, _ error: PostgresError?) {
        guard machine.arrived(.end) == .resumePipeline(id) else { return lost() }
        // libpq forgets that a result was read row by row when the next query is begun, but not in pipeline mode: the next
        // result would come in rows as well. Without a text it begins one, and sends nothing.
        _ = PQsendQuery(pointer, nil)
        guard PQenterPipelineMode(pointer) == 1 else { return lost() }
        answer(id, error)
    }

    private mutating func arrival(of result: ResultMemory?) -> PipelineStateMachine.Arrival {
        guard let result else { return .end }
        switch PQresultStatus(result.pointer) {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: return .success
        case PGRES_PIPELINE_SYNC: return .sync
        case PGRES_PIPELINE_ABORTED: return .aborted
        default:
            guard !machine.isAtSync, let head = inFlight.first else { return .failure(result.error(statement: nil)) }
            // Once for each request: what follows is aborted, until the sync, whose own error belongs to no step.
            if !machine.hasFailed { head.failedStep = head.results.count }
            return .failure(result.error(statement: head.nextStep?.statement.name))
        }
    }

    private mutating func perform(_ action: PipelineStateMachine.Action, _ result: ResultMemory?) {
        switch action {
        case .nothing: break
        case .keep(let id):
            guard let result, let head = inFlight.first, head.id == id else { return lost() }
            if let metrics, let sentAt = head.sentAt, let step = head.nextStep {
                metrics.ran(step.statement.name, .now - sentAt)
            }
            head.results.append(result)
        case .succeed(let id): answer(id, nil)
        case .fail(let id, let error):
            forgetUnprepared()
            answer(id, error)
        case .resumePipeline, .breakOff: lost()
        }
    }

    private mutating func answer(_ id: RequestID, _ error: PostgresError?) {
        guard let request = inFlight.popFirst(), request.id == id else { return lost() }
        mustAnswerBy = nil
        if let error {
            if error.isStalePlan { prepared.removeAll() }
            // Before its user hears of it, who would give it back for the next one.
            if error.spoilsConnection { shutDown(error) }
            return fail(request, error.isCancellation ? request.reason ?? error : error)
        }
        guard case .steps(let steps) = request.work else {
            if case .solo(let solo) = request.work { solo.ended(nil) }
            return answers.append(Answer(request, .success([])))
        }
        var rows: [Rows] = []
        rows.reserveCapacity(steps.count)
        for (result, step) in zip(request.results, steps) { rows.append(Rows(result, statement: step.statement.name)) }
        answers.append(Answer(request, .success(rows)))
    }

    private mutating func forgetUnprepared() {
        let names = machine.takeUnprepared()
        if !names.isEmpty { prepared = prepared.filter { !names.contains($0.value) } }
    }

    private func readNotifications() {
        while let notification = PQnotifies(pointer) {
            defer { PQfreemem(notification) }
            heard(
                Notification(
                    channel: String(cString: notification.pointee.relname),
                    payload: String(cString: notification.pointee.extra)))
        }
    }
}
