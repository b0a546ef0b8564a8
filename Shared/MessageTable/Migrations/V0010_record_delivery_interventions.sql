-- Operators may also have deliveries sent again, or give one up; that is on record with what they did to messages.
alter table message_table.intervention
    alter column grp drop not null,
    alter column id drop not null,
    add column delivery_id uuid,
    drop constraint intervention_verb_known,
    add constraint intervention_verb_known check (
        verb in ('retry', 'skip', 'drop') and grp is not null and id is not null
        or verb in ('resend', 'withdraw') and delivery_id is not null
    );
comment on column message_table.intervention.key is 'The key of the message, or the partner of the delivery.';
