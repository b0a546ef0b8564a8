public import Postgres

/// The schema `matching`: peers, shifts, excluded pairs, matches and how they were found.
public enum PeerMatchingMigrations {
    public static let all = MigrationSet(
        "matching",
        [
            Migration("V0001_create_matching_schema", PackageResources.V0001_create_matching_schema_sql),
            Migration("V0002_index_match_by_participant", PackageResources.V0002_index_match_by_participant_sql),
            Migration("V0003_count_people_once", PackageResources.V0003_count_people_once_sql),
        ]
    )
}
