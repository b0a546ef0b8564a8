internal import Postgres

extension Statement {
    static let insertParticipant = Statement(
        "participant.insert",
        """
        insert into referral.participant
          (agency_id, participant_id, version, data_key, data_key_ring_id, given_name, family_name, birth_date, phone,
           address, postal_code, gender, identifiers, phone_is_safe, registered_at, changed_at)
        values ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)
        """
    )

    static let updateParticipant = Statement(
        "participant.update",
        """
        update referral.participant
        set version = version + 1, given_name = $3, family_name = $4, birth_date = $5, phone = $6, address = $7,
          postal_code = $8, gender = $9, identifiers = $10, phone_is_safe = $11, changed_at = $12
        where agency_id = $1 and participant_id = $2
        """
    )

    static let findParticipant = Statement(
        "participant.find",
        """
        select participant_id, version, data_key, given_name, family_name, birth_date, phone, address, postal_code,
          gender, identifiers, phone_is_safe
        from referral.participant
        where agency_id = $1 and participant_id = $2
        """
    )

    /// Everything that is decided about a participant is decided under this lock. "No key update": other transactions
    /// may still refer to the row.
    static let lockParticipant = Statement(
        "participant.lock",
        """
        select participant_id, version, data_key, given_name, family_name, birth_date, phone, address, postal_code,
          gender, identifiers, phone_is_safe
        from referral.participant
        where agency_id = $1 and participant_id = $2
        for no key update
        """
    )

    static let lookUpBlindIndex = Statement(
        "blind_index.look_up",
        """
        select stored.kind, stored.participant_id
        from unnest($2::text[], $3::smallint[], $4::text[]) as wanted (kind, key_version, hmac)
        join referral.participant_blind_index as stored
          on stored.agency_id = $1
          and stored.kind = wanted.kind
          and stored.key_version = wanted.key_version
          and stored.hmac = wanted.hmac
        order by stored.kind, stored.participant_id
        """
    )

    /// The digests of somebody who is being registered. Where another transaction registers the same person it waits for
    /// its end, and fails on the index that holds a person unique: then this one is tried again, and finds them.
    ///
    /// In the order of the arrays, which is the same in all processes: two registrations cannot lock each other out.
    static let registerBlindIndex = Statement(
        "blind_index.register",
        """
        insert into referral.participant_blind_index (agency_id, kind, key_version, hmac, participant_id)
        select $1, new.kind, new.key_version, new.hmac, $2
        from unnest($3::text[], $4::smallint[], $5::text[]) with ordinality as new (kind, key_version, hmac, position)
        order by new.position
        """
    )

    /// What is learned of a known person; a digest that somebody has already stays theirs. In the same order.
    static let insertBlindIndex = Statement(
        "blind_index.insert",
        """
        insert into referral.participant_blind_index (agency_id, kind, key_version, hmac, participant_id)
        select $1, new.kind, new.key_version, new.hmac, $2
        from unnest($3::text[], $4::smallint[], $5::text[]) with ordinality as new (kind, key_version, hmac, position)
        order by new.position
        on conflict do nothing
        """
    )

    static let pageOfParticipants = Statement(
        "participant.page",
        """
        select participant_id, version, data_key, given_name, family_name, birth_date, phone, address, postal_code,
          gender, identifiers, phone_is_safe
        from referral.participant
        where agency_id = $1 and participant_id > $2
        order by participant_id
        limit $3
        for no key update
        """
    )

    static let deleteOldBlindIndex = Statement(
        "blind_index.delete_old",
        """
        delete from referral.participant_blind_index
        where agency_id = $1 and participant_id = $2 and key_version <> all ($3)
        """
    )

    /// Others who share a phone, or sound alike and were born in the same year; several who are one count once.
    static let possibleDuplicates = Statement(
        "blind_index.possible_duplicates",
        """
        select coalesce(merge.into_id, other.participant_id) as person_id, array_agg(distinct other.kind)
        from referral.participant_blind_index as mine
        join referral.participant_blind_index as other
          on other.agency_id = mine.agency_id
          and other.kind = mine.kind
          and other.key_version = mine.key_version
          and other.hmac = mine.hmac
        left join referral.participant_merge as merge
          on merge.agency_id = $1 and merge.participant_id = other.participant_id
        where mine.agency_id = $1
          and mine.participant_id = any(referral.participant_group($1, $2))
          and mine.kind in ('phone', 'name_birth_year_phonetic')
          and other.participant_id <> all (referral.participant_group($1, $2))
        group by person_id
        order by person_id
        limit 50
        """
    )

    static let rewrapParticipant = Statement(
        "participant.rewrap",
        """
        update referral.participant
        set data_key = $3, data_key_ring_id = $4
        where agency_id = $1 and participant_id = $2
        """
    )
}
