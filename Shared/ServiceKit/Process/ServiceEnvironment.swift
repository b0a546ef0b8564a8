public import CoreMetrics
public import Logging
public import Models

/// What a service is given to build itself from: everything that reaches outside of the process is passed in.
public struct ServiceEnvironment: Sendable {
    /// `peer-matching`: also the audience of its tokens.
    public let name: String
    public let settings: ServiceSettings
    public let database: Database
    public let logger: Logger
    public let metrics: any MetricsFactory
    public let clock: WallClock
    public let ids: IDSource

    public init(
        name: String,
        settings: ServiceSettings,
        database: Database,
        logger: Logger,
        metrics: any MetricsFactory,
        clock: WallClock,
        ids: IDSource
    ) {
        self.name = name
        self.settings = settings
        self.database = database
        self.logger = logger
        self.metrics = metrics
        self.clock = clock
        self.ids = ids
    }
}
