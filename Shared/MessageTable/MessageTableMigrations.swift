public import Postgres

/// The schema `message_table`. Applied after the platform's migrations, which make the roles it grants to.
public enum MessageTableMigrations {
    public static let all = MigrationSet(
        "message_table",
        [
            Migration("V0001_create_message_table", PackageResources.V0001_create_message_table_sql),
            Migration("V0002_record_interventions", PackageResources.V0002_record_interventions_sql),
            Migration("V0003_find_late_messages_by_index", PackageResources.V0003_find_late_messages_by_index_sql),
            Migration("V0004_trim_log", PackageResources.V0004_trim_log_sql),
            Migration("V0005_rebase_log", PackageResources.V0005_rebase_log_sql),
            Migration("V0006_trim_checkpoints_by_slot", PackageResources.V0006_trim_checkpoints_by_slot_sql),
            Migration("V0007_queue_deliveries_by_partner", PackageResources.V0007_queue_deliveries_by_partner_sql),
            Migration("V0008_measure_log", PackageResources.V0008_measure_log_sql),
            Migration("V0009_refuse_overtaken", PackageResources.V0009_refuse_overtaken_sql),
            Migration(
                "V0010_record_delivery_interventions", PackageResources.V0010_record_delivery_interventions_sql),
            Migration("V0011_keep_agency_of_rows", PackageResources.V0011_keep_agency_of_rows_sql),
            Migration("V0012_know_what_is_unread", PackageResources.V0012_know_what_is_unread_sql),
        ]
    )
}
