-- Gives the stored referrals numbered ids, so that pgbench and wrk can both pick one at random without asking for it.
-- Their history keeps the old ids; nothing that is measured looks there.
grant usage on schema bench to referrals;
set session_replication_role = replica;
update referral.referral as r
set referral_id = bench.id(0, k.number)
from (
  select agency_id, referral_id, row_number() over (order by referral_id) as number
  from referral.referral order by referral_id limit :referrals
) as k
where r.agency_id = k.agency_id and r.referral_id = k.referral_id;
vacuum analyze;
