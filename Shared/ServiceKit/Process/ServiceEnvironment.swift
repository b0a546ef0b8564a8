public import Confidentiality
public import CoreMetrics
public import Logging
public import Models

/// What a service is given to build itself from: everything that reaches outside of the process is passed in.
public struct ServiceEnvironment: Sendable {
    /// `peer-matching`: also the audience of its tokens.
    public let name: String
    /// The validated settings of this process.
    public let settings: ServiceSettings
    /// Both pools of this process.
    public let database: Database
    /// Carries the name of the service.
    public let logger: Logger
    /// Where metrics are registered; `/metrics` shows them.
    public let metrics: any MetricsFactory
    /// The present.
    public let clock: WallClock
    /// New ids of version 7.
    public let ids: IDSource
    /// Which role sees what.
    public let rules: AccessRules

    public init(
        name: String,
        settings: ServiceSettings,
        database: Database,
        logger: Logger,
        metrics: any MetricsFactory,
        clock: WallClock,
        ids: IDSource,
        rules: AccessRules
    ) {
        self.name = name
        self.settings = settings
        self.database = database
        self.logger = logger
        self.metrics = metrics
        self.clock = clock
        self.ids = ids
        self.rules = rules
    }
}
