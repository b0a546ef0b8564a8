public import Logging
public import Models

/// What a service is given to build itself from: everything that reaches outside of the process is passed in.
public struct ServiceEnvironment: Sendable {
    /// `peer-matching`: also the audience of its tokens.
    public let name: String
    public let settings: ServiceSettings
    public let logger: Logger
    public let clock: WallClock
    public let ids: IDSource

    public init(name: String, settings: ServiceSettings, logger: Logger, clock: WallClock, ids: IDSource) {
        self.name = name
        self.settings = settings
        self.logger = logger
        self.clock = clock
        self.ids = ids
    }
}
