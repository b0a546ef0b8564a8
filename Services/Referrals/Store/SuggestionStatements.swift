internal import Postgres

extension Statement {
    /// A visit is suggested once, however its messages meet.
    static let insertSuggestion = Statement(
        "dispatch_suggestion.insert",
        """
        insert into referral.dispatch_suggestion
          (agency_id, suggestion_id, version, status, partner_id, client_id, visit_digest, signs, rules_version,
           suggested_at, expires_at, heard_at, discharged_at, data_key, content)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        on conflict (agency_id, partner_id, visit_digest) do nothing
        """
    )

    static let lockSuggestionOfVisit = Statement(
        "dispatch_suggestion.lock_of_visit",
        """
        select suggestion_id, version, status, partner_id, client_id, signs, rules_version, suggested_at, expires_at,
          heard_at, discharged_at, data_key, content, decided_by, decided_at, dismissal, consent_situation, referral_id
        from referral.dispatch_suggestion
        where agency_id = $1 and partner_id = $2 and visit_digest = any($3)
        for no key update
        """
    )

    static let lockSuggestion = Statement(
        "dispatch_suggestion.lock",
        """
        select suggestion_id, version, status, partner_id, client_id, signs, rules_version, suggested_at, expires_at,
          heard_at, discharged_at, data_key, content, decided_by, decided_at, dismissal, consent_situation, referral_id
        from referral.dispatch_suggestion
        where agency_id = $1 and suggestion_id = $2
        for no key update
        """
    )

    static let readSuggestion = Statement(
        "dispatch_suggestion.read",
        """
        select suggestion_id, version, status, partner_id, client_id, signs, rules_version, suggested_at, expires_at,
          heard_at, discharged_at, data_key, content, decided_by, decided_at, dismissal, consent_situation, referral_id
        from referral.dispatch_suggestion
        where agency_id = $1 and suggestion_id = $2
        """
    )

    static let listSuggestions = Statement(
        "dispatch_suggestion.list",
        """
        select suggestion_id, version, status, partner_id, client_id, signs, rules_version, suggested_at, expires_at,
          heard_at, discharged_at, data_key, content, decided_by, decided_at, dismissal, consent_situation, referral_id
        from referral.dispatch_suggestion
        where agency_id = $1 and status = $2 and suggestion_id < $3
        order by suggestion_id desc
        limit $4
        """
    )

    static let updateSuggestion = Statement(
        "dispatch_suggestion.update",
        """
        update referral.dispatch_suggestion
        set version = $3, status = $4, signs = $5, heard_at = $6, discharged_at = $7, data_key = $8, content = $9,
          decided_by = $10, decided_at = $11, dismissal = $12, consent_situation = $13, referral_id = $14
        where agency_id = $1 and suggestion_id = $2
        """
    )

    static let listOpenSuggestionKeys = Statement(
        "dispatch_suggestion.list_open_keys",
        """
        select suggestion_id, data_key
        from referral.dispatch_suggestion
        where agency_id = $1 and status = 'open'
        for no key update
        """
    )

    static let rewrapSuggestion = Statement(
        "dispatch_suggestion.rewrap",
        """
        update referral.dispatch_suggestion
        set data_key = $3
        where agency_id = $1 and suggestion_id = $2
        """
    )
}
