import Testing

@testable import Postgres

/// What a connection concludes from the order of the server's answers.
@Suite struct PipelineStateMachineTests {
    let refused = PostgresError(.server, sqlState: "23505")

    @Test("a request succeeds at its sync, with its rows kept")
    func success() {
        var machine = PipelineStateMachine()
        machine.sent([.preparation(1, serverName: "s0"), .rows(1), .sync(1)])
        let answer1 = machine.arrived(.success)
        #expect(answer1 == .nothing)
        let answer2 = machine.arrived(.end)
        #expect(answer2 == .nothing)
        let answer3 = machine.arrived(.success)
        #expect(answer3 == .keep(1))
        let answer4 = machine.arrived(.end)
        #expect(answer4 == .nothing)
        #expect(!machine.isIdle)
        let answer5 = machine.arrived(.sync)
        #expect(answer5 == .succeed(1))
        #expect(machine.isIdle)
    }

    @Test("a failing request fails as a whole, and the next one is not touched")
    func failureIsContained() {
        var machine = PipelineStateMachine()
        machine.sent([.rows(1), .rows(1), .sync(1), .rows(2), .sync(2)])
        _ = machine.arrived(.failure(refused))
        _ = machine.arrived(.end)
        _ = machine.arrived(.aborted)
        _ = machine.arrived(.end)
        let answer6 = machine.arrived(.sync)
        #expect(answer6 == .fail(1, refused))
        let answer7 = machine.arrived(.success)
        #expect(answer7 == .keep(2))
        _ = machine.arrived(.end)
        let answer8 = machine.arrived(.sync)
        #expect(answer8 == .succeed(2))
    }

    @Test("an error at the sync itself fails the request", arguments: [true, false])
    func deferredFailure(withRows: Bool) {
        var machine = PipelineStateMachine()
        machine.sent(withRows ? [.rows(1), .sync(1)] : [.sync(1)])
        if withRows {
            _ = machine.arrived(.success)
            _ = machine.arrived(.end)
        }
        let answer9 = machine.arrived(.failure(refused))
        #expect(answer9 == .nothing)
        let answer10 = machine.arrived(.end)
        #expect(answer10 == .nothing)
        let answer11 = machine.arrived(.sync)
        #expect(answer11 == .fail(1, refused))
    }

    @Test("what could not be prepared is forgotten, whether refused or skipped")
    func unprepared() {
        var machine = PipelineStateMachine()
        machine.sent([
            .preparation(1, serverName: "s0"), .rows(1), .preparation(1, serverName: "s1"), .rows(1), .sync(1),
        ])
        _ = machine.arrived(.failure(refused))
        _ = machine.arrived(.end)
        for _ in 0..<3 {
            _ = machine.arrived(.aborted)
            _ = machine.arrived(.end)
        }
        let answer12 = machine.takeUnprepared()
        #expect(answer12 == ["s0", "s1"])
        let answer13 = machine.takeUnprepared()
        #expect(answer13 == [])
    }

    @Test("answers that fit no question break the connection off")
    func misfit() {
        var machine = PipelineStateMachine()
        let answer15 = machine.arrived(.success)
        #expect(answer15 == .breakOff)
        machine.sent([.rows(1), .sync(1)])
        let answer16 = machine.arrived(.sync)
        #expect(answer16 == .breakOff)
    }

    @Test("what has the connection for itself says only when it is over")
    func solo() {
        var machine = PipelineStateMachine()
        machine.sent(.solo(7))
        let end = machine.arrived(.end)
        #expect(end == .resumePipeline(7))
        #expect(machine.isIdle)
        machine.sent(.solo(8))
        let misfit = machine.arrived(.success)
        #expect(misfit == .breakOff)
    }

    @Test("it is known whether a failure is a statement's or the sync's")
    func whose() {
        var machine = PipelineStateMachine()
        machine.sent([.rows(1), .sync(1)])
        #expect(!machine.isAtSync && !machine.hasFailed)
        _ = machine.arrived(.failure(refused))
        #expect(machine.hasFailed)
        _ = machine.arrived(.end)
        #expect(machine.isAtSync)
        _ = machine.arrived(.sync)
        #expect(!machine.hasFailed)
    }
}

extension PipelineStateMachine {
    fileprivate mutating func sent(_ answers: [Expected]) {
        for answer in answers { sent(answer) }
    }
}
