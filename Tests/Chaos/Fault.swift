/// What goes wrong.
enum Fault: String, CaseIterable, Sendable {
    case killConsumer = "consumers killed"
    case killPublisher = "publishers killed"
    case zombie = "consumers stopped for longer than their lease, then woken"
    case cut = "all connections cut"
    case cutInAnswer = "connections cut in the middle of an answer"
    case stall = "networks that carried nothing for a while"
    case late = "networks with latency"
    case narrow = "networks with little bandwidth"
    case restart = "PostgreSQL restarts in order"
    case crash = "PostgreSQL restarts as after a crash"
    case diskFull = "disks full"

    /// How often it happens in one round.
    private var weight: Int {
        switch self {
        case .killConsumer: 4
        case .killPublisher, .cut, .stall: 2
        case .cutInAnswer: 3
        case .zombie, .late, .narrow, .restart, .crash, .diskFull: 1
        }
    }

    /// Everything that goes wrong in one round, each at least once, in the order of chance.
    static func round(_ kinds: [Fault], using random: inout some RandomNumberGenerator) -> [Fault] {
        kinds.flatMap { Array(repeating: $0, count: $0.weight) }.shuffled(using: &random)
    }
}
