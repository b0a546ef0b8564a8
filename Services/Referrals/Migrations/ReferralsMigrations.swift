public import Postgres

/// The schema `referral`, as files that are embedded in the program.
public enum ReferralsMigrations {
    /// Its migrations in their order; they need the platform's.
    public static var all: MigrationSet {
        MigrationSet(
            "referral",
            [
                Migration("V0001_create_referral_schema", PackageResources.V0001_create_referral_schema_sql),
                Migration("V0002_create_partner", PackageResources.V0002_create_partner_sql),
                Migration("V0003_create_participant", PackageResources.V0003_create_participant_sql),
                Migration("V0004_create_referral", PackageResources.V0004_create_referral_sql),
                Migration("V0005_create_projections", PackageResources.V0005_create_projections_sql),
                Migration("V0006_drop_participant_ring", PackageResources.V0006_drop_participant_ring_sql),
                Migration("V0007_create_shown_version", PackageResources.V0007_create_shown_version_sql),
                Migration("V0008_complete_consent", PackageResources.V0008_complete_consent_sql),
                Migration("V0009_account_for_disclosures", PackageResources.V0009_account_for_disclosures_sql),
                Migration("V0010_declare_emergencies", PackageResources.V0010_declare_emergencies_sql),
                Migration(
                    "V0011_keep_requests_of_participants", PackageResources.V0011_keep_requests_of_participants_sql),
                Migration("V0012_create_account", PackageResources.V0012_create_account_sql),
                Migration("V0013_add_client_certificate", PackageResources.V0013_add_client_certificate_sql),
                Migration("V0014_recognise_people", PackageResources.V0014_recognise_people_sql),
                Migration("V0015_create_identity_review", PackageResources.V0015_create_identity_review_sql),
                Migration("V0016_erase_identities", PackageResources.V0016_erase_identities_sql),
                Migration("V0017_merge_participants", PackageResources.V0017_merge_participants_sql),
                Migration("V0018_create_directory", PackageResources.V0018_create_directory_sql),
                Migration("V0019_find_what_opens_soon", PackageResources.V0019_find_what_opens_soon_sql),
                Migration("V0020_keep_response_times", PackageResources.V0020_keep_response_times_sql),
                Migration("V0021_create_residence", PackageResources.V0021_create_residence_sql),
                Migration("V0022_create_linkage", PackageResources.V0022_create_linkage_sql),
                Migration("V0023_suggest_dispatch", PackageResources.V0023_suggest_dispatch_sql),
                Migration(
                    "V0024_state_capacity_and_subscribe", PackageResources.V0024_state_capacity_and_subscribe_sql),
                Migration("V0025_use_outside_servers", PackageResources.V0025_use_outside_servers_sql),
                Migration("V0026_complete_referrals", PackageResources.V0026_complete_referrals_sql),
                Migration("V0027_record_bedside_visit", PackageResources.V0027_record_bedside_visit_sql),
                Migration("V0028_announce_by_mail", PackageResources.V0028_announce_by_mail_sql),
                Migration(
                    "V0029_keep_patients_without_referral",
                    PackageResources.V0029_keep_patients_without_referral_sql),
            ]
        )
    }
}
