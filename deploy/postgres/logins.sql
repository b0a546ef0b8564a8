-- Gives each service's logins the passwords of the files in the folder $HANDRAIL_SECRETS, which psql reads itself, so
-- that they are in no argument list. The logins are made by `handrail migrate`, without a password: nobody can use them
-- until this has run. Run again after changing a file:
--
--     HANDRAIL_SECRETS=/run/secrets psql --file deploy/postgres/logins.sql "$HANDRAIL_DATABASE_URL"
\set ON_ERROR_STOP on
\set QUIET on
-- Fails here where a login is missing: a failing statement is logged, so it must not be one that has a password in it.
select 'referrals'::regrole, 'referrals_worker'::regrole, 'peer_matching'::regrole, 'peer_matching_worker'::regrole,
    'scheduling'::regrole, 'scheduling_worker'::regrole, 'outcomes'::regrole, 'outcomes_worker'::regrole
\g /dev/null

\set password `cat "$HANDRAIL_SECRETS/referrals.password"`
alter role referrals password :'password';
\set password `cat "$HANDRAIL_SECRETS/referrals_worker.password"`
alter role referrals_worker password :'password';
\set password `cat "$HANDRAIL_SECRETS/peer_matching.password"`
alter role peer_matching password :'password';
\set password `cat "$HANDRAIL_SECRETS/peer_matching_worker.password"`
alter role peer_matching_worker password :'password';
\set password `cat "$HANDRAIL_SECRETS/scheduling.password"`
alter role scheduling password :'password';
\set password `cat "$HANDRAIL_SECRETS/scheduling_worker.password"`
alter role scheduling_worker password :'password';
\set password `cat "$HANDRAIL_SECRETS/outcomes.password"`
alter role outcomes password :'password';
\set password `cat "$HANDRAIL_SECRETS/outcomes_worker.password"`
alter role outcomes_worker password :'password';
