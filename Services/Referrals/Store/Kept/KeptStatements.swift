internal import Postgres

extension Statement {
    /// A Patient of a partner's by one of its numbers, the first of them first. None of it leaves what the partner sent.
    static let findKeptNumber = Statement(
        "kept_number.find",
        """
        select stored.alias_id
        from unnest($3::smallint[], $4::text[]) with ordinality as wanted (key_version, hmac, place)
        join referral.kept_number as stored
          on stored.agency_id = $1
          and stored.partner_id = $2
          and stored.key_version = wanted.key_version
          and stored.hmac = wanted.hmac
        where stored.expires_at > $5
        order by wanted.place
        limit 1
        """
    )

    /// Somebody with one of these identifiers whom the partner has referred: in one statement, so that it takes the same
    /// steps for somebody whom only others have.
    static let findReferredByIdentifier = Statement(
        "partner_alias.find_by_identifier",
        """
        select known.alias_id
        from unnest($3::text[], $4::smallint[], $5::text[]) as wanted (kind, key_version, hmac)
        join referral.participant_blind_index as stored
          on stored.agency_id = $1
          and stored.kind = wanted.kind
          and stored.key_version = wanted.key_version
          and stored.hmac = wanted.hmac
        join referral.partner_alias as known
          on known.agency_id = $1
          and known.partner_id = $2
          and known.kind = 'participant'
          and known.subject_id = stored.participant_id
        order by known.alias_id
        """
    )

    static let saveKeptNumbers = Statement(
        "kept_number.save",
        """
        insert into referral.kept_number (agency_id, partner_id, key_version, hmac, alias_id, expires_at)
        select $1, $2, new.key_version, new.hmac, $5, $6
        from unnest($3::smallint[], $4::text[]) as new (key_version, hmac)
        order by new.key_version, new.hmac
        on conflict (agency_id, partner_id, key_version, hmac) do update
        set alias_id = excluded.alias_id, expires_at = excluded.expires_at
        """
    )

    static let saveKept = Statement(
        "kept_resource.save",
        """
        insert into referral.kept_resource
          (agency_id, partner_id, kind, alias_id, patient_id, version, content, kept_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        on conflict (agency_id, partner_id, kind, alias_id) do update
        set version = excluded.version, content = excluded.content, kept_at = excluded.kept_at,
          expires_at = excluded.expires_at, patient_id = excluded.patient_id
        """
    )

    /// All about one Patient ends together.
    static let extendKept = Statement(
        "kept_resource.extend",
        """
        update referral.kept_resource
        set expires_at = $4
        where agency_id = $1 and partner_id = $2 and patient_id = $3
        """
    )

    static let findKept = Statement(
        "kept_resource.find",
        """
        select kind, alias_id, patient_id, version, content, kept_at
        from referral.kept_resource
        where agency_id = $1 and partner_id = $2 and kind = $3 and alias_id = $4 and expires_at > $5
        """
    )

    /// The same, held until the transaction ends: an order that takes the person in waits.
    static let lockKept = Statement(
        "kept_resource.lock",
        """
        select kind, alias_id, patient_id, version, content, kept_at
        from referral.kept_resource
        where agency_id = $1 and partner_id = $2 and kind = $3 and alias_id = $4 and expires_at > $5
        for update
        """
    )

    /// What is kept about one Patient goes to the participant's record.
    static let takeKept = Statement(
        "kept_resource.take",
        """
        delete from referral.kept_resource
        where agency_id = $1 and partner_id = $2 and patient_id = $3 and kind = $4 and expires_at > $5
        returning kind, alias_id, patient_id, version, content, kept_at
        """
    )

    static let forgetKept = Statement(
        "kept_resource.forget",
        """
        delete from referral.kept_resource
        where agency_id = $1 and partner_id = $2 and expires_at <= $3
        """
    )

    static let forgetKeptNumbers = Statement(
        "kept_number.forget",
        """
        delete from referral.kept_number
        where agency_id = $1 and partner_id = $2 and expires_at <= $3
        """
    )

    /// All of an agency, to bring them under the present key.
    static let listKeptContents = Statement(
        "kept_resource.list_contents",
        """
        select partner_id, kind, alias_id, content
        from referral.kept_resource
        where agency_id = $1
        for no key update
        """
    )

    static let resealKept = Statement(
        "kept_resource.reseal",
        """
        update referral.kept_resource
        set content = $5
        where agency_id = $1 and partner_id = $2 and kind = $3 and alias_id = $4
        """
    )
}
