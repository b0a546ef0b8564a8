/// What the metrics of connection pools mean, for their HELP lines.
enum PoolMetricsHelp {
    static func describe(in registry: PrometheusRegistry) {
        for (name, help) in [
            ("postgres_connections", "Connections to PostgreSQL, by pool and state; batch: shared by several callers."),
            ("postgres_waiters", "Callers that wait for a connection."),
            ("postgres_wait_seconds", "How long callers waited for a connection."),
            (
                "postgres_statement_seconds",
                "How long statements took, from their sending to their result; in a pipeline with those before it."
            ),
            ("postgres_evictions_total", "Connections given up, by reason or SQLSTATE."),
            ("postgres_batch_members", "How many callers shared a batch."),
            ("postgres_batches_failed_total", "Batches whose members were run again one by one."),
        ] {
            registry.describe(name, help)
        }
    }
}
