-- What was told to whom by a progress report: so that the same request again tells no more than the first did, and is no
-- second disclosure. What it said is not kept: it is rendered from what it was made of. The accounting that participants
-- read is kept by referrals, from the message of the same transaction.
create table outcome.progress_report (
    agency_id uuid not null,
    disclosure_id uuid not null,
    participant_id uuid not null,
    recipient_id uuid not null,
    purpose text not null,
    data_classes text[] not null,
    consent_id uuid,
    notice_version text not null,
    told_at timestamptz not null,
    told_by text not null,
    constraint progress_report_pkey primary key (agency_id, disclosure_id),
    constraint progress_report_says_something check (cardinality(data_classes) > 0)
);

select handrail.protect_table('outcome.progress_report', 'outcomes', 'select, insert');
create trigger refuse_change before update or delete on outcome.progress_report
    for each row execute function handrail.refuse_change();
create trigger refuse_truncate before truncate on outcome.progress_report execute function handrail.refuse_change();
