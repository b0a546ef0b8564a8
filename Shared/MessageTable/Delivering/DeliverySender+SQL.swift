internal import Postgres

extension DeliverySender {
    /// Walks from partner to partner, looks at the first delivery of each, and leases the queues of those that have
    /// waited longest. What it reads grows with the number of partners that wait, not with their deliveries.
    ///
    /// The lease decides between two senders: the second waits for the first one's commit, and then finds the queue
    /// leased. Should that lease be over already, its delivery is no longer ready, and comes back without one.
    static let claimQueues = Statement(
        "delivery.claim",
        """
        with recursive waiting (agency_id, partner) as (
            (
                select d.agency_id, d.partner
                from message_table.delivery d
                where d.state = 'ready'
                order by d.agency_id, d.partner
                limit 1
            )
            union all
            select next.agency_id, next.partner
            from waiting w
            cross join lateral (
                select d.agency_id, d.partner
                from message_table.delivery d
                where d.state = 'ready' and (d.agency_id, d.partner) > (w.agency_id, w.partner)
                order by d.agency_id, d.partner
                limit 1
            ) next
        ), due as (
            select w.agency_id, w.partner, first.place_in_table, first.next_at, coalesce(q.failures, 0) > 0 as is_probe,
                row_number() over (partition by coalesce(q.failures, 0) > 0 order by first.next_at) as place
            from waiting w
            left join message_table.delivery_queue q on q.agency_id = w.agency_id and q.partner = w.partner
            cross join lateral (
                select d.ctid as place_in_table, d.next_at
                from message_table.delivery d
                where d.state = 'ready' and d.agency_id = w.agency_id and d.partner = w.partner
                order by d.next_at, d.delivery_id
                limit 1
            ) first
            where first.next_at <= $1 and (q.paused_until is null or q.paused_until <= $1)
                and (q.leased_until is null or q.leased_until <= clock_timestamp())
        ), chosen as (
            select agency_id, partner, place_in_table, next_at
            from due
            where not is_probe or place <= $3
            order by is_probe, next_at
            limit $2
        ), leased as (
            insert into message_table.delivery_queue as q (agency_id, partner, lease, leased_until)
            select agency_id, partner, 1, clock_timestamp() + make_interval(secs => $4)
            from chosen
            order by agency_id, partner
            on conflict (agency_id, partner) do update
            set lease = q.lease + 1, leased_until = excluded.leased_until
            where (q.paused_until is null or q.paused_until <= $1)
                and (q.leased_until is null or q.leased_until <= clock_timestamp())
            returning q.agency_id, q.partner, q.lease, q.failures
        ), taken as (
            update message_table.delivery d
            set attempt = d.attempt + 1
            from chosen c
            join leased l on l.agency_id = c.agency_id and l.partner = c.partner
            -- By its place: for a small table any index is as good to the planner. A row that has changed is not there.
            where d.ctid = c.place_in_table and d.state = 'ready'
            returning d.agency_id, d.partner, d.delivery_id, d.kind, d.subject_id, d.payload, d.idempotency_key,
                d.attempt
        )
        select l.agency_id, l.partner, l.lease, l.failures, t.delivery_id, t.kind, t.subject_id, t.payload,
            t.idempotency_key, t.attempt
        from leased l
        left join taken t on t.agency_id = l.agency_id and t.partner = l.partner
        """)

    /// A later attempt has another number: who took too long changes nothing.
    static let settle = Statement(
        "delivery.settle",
        """
        update message_table.delivery
        set state = $4, next_at = case when $4 = 'ready' then next_at else $5 end, error = $6
        where agency_id = $1 and delivery_id = $2 and attempt = $3 and state = 'ready'
        """)

    static let settleQueue = Statement(
        "delivery.settle_queue",
        """
        update message_table.delivery_queue
        set leased_until = null, failures = $4, paused_until = $5,
            error = case when $4 > 0 then coalesce($6, error) end
        where agency_id = $1 and partner = $2 and lease = $3
        """)

    static let release = Statement(
        "delivery.release",
        """
        update message_table.delivery_queue
        set leased_until = null
        where agency_id = $1 and partner = $2 and lease = $3
        """)
}
