internal import Postgres

extension Statement {
    static let insertAccount = Statement(
        "account.insert",
        """
        insert into referral.account
          (agency_id, account_id, version, role, login, peer_id, participant_id, password_hash, one_time_until,
           created_at, changed_at)
        values ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9, $9)
        """
    )

    /// The digests that are there already stay; of a new account all must be new.
    static let insertAccountLogin = Statement(
        "account_login.insert",
        """
        insert into referral.account_login (agency_id, account_id, key_version, digest)
        select $1, $2, wanted.key_version, wanted.digest
        from unnest($3::smallint[], $4::text[]) as wanted (key_version, digest)
        on conflict (agency_id, key_version, digest) do nothing
        """
    )

    static let findAccountByLogin = Statement(
        "account.find_by_login",
        """
        select account.account_id, account.version, account.role, account.login, account.peer_id,
          account.participant_id, account.password_hash, account.one_time_until, account.totp_secret,
          account.totp_confirmed_at, account.totp_step, account.disabled_at
        from unnest($2::smallint[], $3::text[]) as wanted (key_version, digest)
        join referral.account_login as known
          on known.agency_id = $1 and known.key_version = wanted.key_version and known.digest = wanted.digest
        join referral.account as account on account.agency_id = $1 and account.account_id = known.account_id
        limit 1
        """
    )

    /// Everything that changes an account, or is decided by what it is at this moment, happens under this lock.
    static let lockAccount = Statement(
        "account.lock",
        """
        select account_id, version, role, login, peer_id, participant_id, password_hash, one_time_until, totp_secret,
          totp_confirmed_at, totp_step, disabled_at
        from referral.account
        where agency_id = $1 and account_id = $2
        for no key update
        """
    )

    static let listAccounts = Statement(
        "account.list",
        """
        select account_id, version, role, login, peer_id, participant_id, password_hash, one_time_until, totp_secret,
          totp_confirmed_at, totp_step, disabled_at
        from referral.account
        where agency_id = $1 and account_id > $2 and participant_id is null
        order by account_id
        limit $3
        """
    )

    static let setPassword = Statement(
        "account.set_password",
        """
        update referral.account
        set version = version + 1, password_hash = $3, one_time_until = $4, changed_at = $5
        where agency_id = $1 and account_id = $2
        """
    )

    static let disableAccount = Statement(
        "account.disable",
        """
        update referral.account
        set version = version + 1, disabled_at = coalesce(disabled_at, $3), changed_at = $3
        where agency_id = $1 and account_id = $2
        """
    )

    /// Null takes the second factor away, for a device that was lost.
    static let setTimeCodeSecret = Statement(
        "account.set_totp_secret",
        """
        update referral.account
        set version = version + 1, totp_secret = $3, totp_confirmed_at = null, totp_step = null, changed_at = $4
        where agency_id = $1 and account_id = $2
        """
    )

    static let confirmTimeCode = Statement(
        "account.confirm_totp",
        """
        update referral.account
        set version = version + 1, totp_confirmed_at = $3, changed_at = $3
        where agency_id = $1 and account_id = $2
        """
    )

    static let useTimeCode = Statement(
        "account.use_totp",
        """
        update referral.account
        set totp_step = $3
        where agency_id = $1 and account_id = $2 and (totp_step is null or totp_step < $3)
        """
    )

    static let listTimeCodeSecrets = Statement(
        "account.list_totp_secrets",
        """
        select account_id, totp_secret
        from referral.account
        where agency_id = $1 and totp_secret is not null
        for no key update
        """
    )

    static let resealTimeCodeSecret = Statement(
        "account.reseal_totp_secret",
        """
        update referral.account
        set totp_secret = $3
        where agency_id = $1 and account_id = $2
        """
    )

    static let agencyName = Statement("agency.name", "select name from handrail.agency where agency_id = $1")

    static let openAttempt = Statement(
        "sign_in_attempt.open",
        """
        insert into referral.sign_in_attempt (agency_id, digest, failures, last_at, held_until)
        values ($1, $2, 0, $3, $3)
        on conflict (agency_id, digest) do nothing
        """
    )

    static let lockAttempt = Statement(
        "sign_in_attempt.lock",
        """
        select failures, last_at, held_until
        from referral.sign_in_attempt
        where agency_id = $1 and digest = $2
        for update
        """
    )

    static let countAttempt = Statement(
        "sign_in_attempt.count",
        """
        update referral.sign_in_attempt
        set failures = $3, last_at = $4, held_until = $5
        where agency_id = $1 and digest = $2
        """
    )

    static let forgetAttempt = Statement(
        "sign_in_attempt.forget",
        """
        delete from referral.sign_in_attempt
        where agency_id = $1 and digest = $2
        """
    )

    static let forgetOldAttempts = Statement(
        "sign_in_attempt.forget_old",
        """
        delete from referral.sign_in_attempt
        where agency_id = $1 and last_at < $2
        """
    )
}
