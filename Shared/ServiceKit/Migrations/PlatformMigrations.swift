public import Postgres

/// The migrations that come before every other set: roles, the registry of agencies, and the functions that service
/// migrations are written with (`handrail.create_service_schema`, `handrail.protect_table`).
public enum PlatformMigrations {
    /// In their order; applied before all other sets.
    public static let all = MigrationSet(
        "platform",
        [
            Migration("V0001_create_roles", PackageResources.V0001_create_roles_sql),
            Migration("V0002_create_platform", PackageResources.V0002_create_platform_sql),
            Migration("V0003_seal_audit_trail", PackageResources.V0003_seal_audit_trail_sql),
            Migration("V0004_drop_idempotency_version", PackageResources.V0004_drop_idempotency_version_sql),
            Migration("V0005_chain_seals_by_agency", PackageResources.V0005_chain_seals_by_agency_sql),
            Migration("V0006_sign_audit_seals", PackageResources.V0006_sign_audit_seals_sql),
            Migration("V0007_retire_audit_partitions", PackageResources.V0007_retire_audit_partitions_sql),
            Migration("V0008_create_participant_terms", PackageResources.V0008_create_participant_terms_sql),
            Migration("V0009_show_agencies_to_workers", PackageResources.V0009_show_agencies_to_workers_sql),
            Migration("V0010_create_participant_merges", PackageResources.V0010_create_participant_merges_sql),
            Migration("V0011_create_consent_terms", PackageResources.V0011_create_consent_terms_sql),
        ]
    )
}
