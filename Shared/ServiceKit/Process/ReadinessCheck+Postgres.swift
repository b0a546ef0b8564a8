internal import Models
internal import Postgres

extension ReadinessCheck {
    /// PostgreSQL answers, over a connection of this pool.
    static func pool(_ name: String, _ pool: Pool) -> ReadinessCheck {
        ReadinessCheck(name) {
            do throws(PostgresError) {
                _ = try await pool.query(ReadinessStatements.ping)
                return nil
            } catch {
                return error.code.rawValue
            }
        }
    }

    /// Every migration that this program brings is applied. A schema that is further is accepted: the previous release
    /// runs on the next one's schema.
    static func schema(_ sets: [MigrationSet], _ pool: Pool) -> ReadinessCheck {
        ReadinessCheck("schema") {
            do throws(PostgresError) {
                for set in sets {
                    let rows = try await pool.query(ReadinessStatements.lastMigration, set.name)
                    let applied = try rows.first?.column("version", as: Int.self) ?? 0
                    let needed = set.migrations.map(\.version).max() ?? 0
                    if applied < needed { return "\(set.name) is at \(applied), this program needs \(needed)" }
                }
                return nil
            } catch {
                return error.code.rawValue
            }
        }
    }

    /// The audit trail has a partition for the month after this one; the running services make them a year ahead.
    static func auditPartitions(_ pool: Pool, clock: WallClock) -> ReadinessCheck {
        partition("audit partitions", pool) {
            let next = (clock.now() + .seconds(30 * 86_400)).dateInUTC
            return "audit_event_" + next.description.prefix(7).replacing("-", with: "_")
        }
    }

    /// The message table has a partition for the day after tomorrow; the running services make them a week ahead.
    static func messagePartitions(_ pool: Pool, clock: WallClock) -> ReadinessCheck {
        partition("message partitions", pool) {
            let day = clock.now().dateInUTC.adding(days: 2)
            return "message_table.message_" + day.description.replacing("-", with: "_")
        }
    }

    private static func partition(
        _ name: String, _ pool: Pool, _ needed: @escaping @Sendable () -> String
    ) -> ReadinessCheck {
        ReadinessCheck(name) {
            do throws(PostgresError) {
                let partition = needed()
                let rows = try await pool.query(ReadinessStatements.partitionExists, partition)
                let exists = try rows.first?.column("is_there", as: Bool.self) ?? false
                return exists ? nil : "\(partition) is missing: run handrail migrate"
            } catch {
                return error.code.rawValue
            }
        }
    }
}

private enum ReadinessStatements {
    static let ping = Statement("health.ping", "select 1")

    static let lastMigration = Statement(
        "health.last_migration",
        """
        select coalesce(max(version), 0) as version
        from handrail.migration
        where set_name = $1
        """
    )

    static let partitionExists = Statement("health.partition_exists", "select to_regclass($1) is not null as is_there")
}
