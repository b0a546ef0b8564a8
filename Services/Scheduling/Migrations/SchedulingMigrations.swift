public import Postgres

/// The schema of the scheduling service, for whoever migrates.
public enum SchedulingMigrations {
    public static let all = MigrationSet(
        "scheduling",
        [
            Migration("V0001_create_scheduling_schema", PackageResources.V0001_create_scheduling_schema_sql),
            Migration("V0002_index_appointments_by_plan", PackageResources.V0002_index_appointments_by_plan_sql),
            Migration("V0003_forget_words", PackageResources.V0003_forget_words_sql),
        ]
    )
}
