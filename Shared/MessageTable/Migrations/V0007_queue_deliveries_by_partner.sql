-- Each partner's deliveries are a queue of their own, and what is known of the queue as a whole is written once, here:
-- that a sender is at it, and that its partner fails and is left alone for a while. Before, a failure moved the next time
-- of every delivery behind it, and a sender that waited for a slow partner tried nobody else meanwhile.
create table message_table.delivery_queue (
    agency_id    uuid        not null,
    partner      text        not null,
    failures     integer     not null default 0, -- in a row; nothing but a success ends the row
    paused_until timestamptz,                    -- by the services' clock; then one delivery is tried
    error        text,                           -- of the last failure; null when the last attempt succeeded
    lease        bigint      not null default 0, -- counts the leases: whoever holds an older one may write no more
    leased_until timestamptz,                    -- by the database's clock; null when no sender is at it
    constraint delivery_queue_pkey primary key (agency_id, partner)
);

alter table message_table.delivery_queue enable row level security;
alter table message_table.delivery_queue force row level security;
create policy worker on message_table.delivery_queue to handrail_worker using (true) with check (true);
grant select, insert, update on message_table.delivery_queue to handrail_worker;

-- From partner to partner, and the first of each in the order in which they go out.
create index delivery_by_partner on message_table.delivery (agency_id, partner, next_at, delivery_id)
    where state = 'ready';
create index delivery_dead on message_table.delivery (agency_id, partner) where state = 'dead';
drop index message_table.delivery_ready;

-- What went out, or may not any more, is kept as long as messages are. next_at is then when that was.
create index delivery_settled on message_table.delivery (next_at) where state in ('sent', 'withdrawn');
grant delete on message_table.delivery to handrail_worker;
