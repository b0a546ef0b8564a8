public import Postgres

/// The schema `outcome`: assessments, safety tasks, projections of the other services' messages, timelines, results.
public enum OutcomesMigrations {
    public static let all = MigrationSet(
        "outcome",
        [
            Migration("V0001_create_outcome_schema", PackageResources.V0001_create_outcome_schema_sql),
            Migration("V0002_create_assessment", PackageResources.V0002_create_assessment_sql),
            Migration("V0003_create_projections", PackageResources.V0003_create_projections_sql),
            Migration("V0004_create_timeline", PackageResources.V0004_create_timeline_sql),
            Migration("V0005_create_measure_result", PackageResources.V0005_create_measure_result_sql),
            Migration("V0006_create_referral_journey", PackageResources.V0006_create_referral_journey_sql),
            Migration("V0007_ask_for_whole_people", PackageResources.V0007_ask_for_whole_people_sql),
            Migration("V0008_create_progress_report", PackageResources.V0008_create_progress_report_sql),
        ]
    )
}
