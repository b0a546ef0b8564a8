"""The statements of the service, as it sends them."""
SET_AGENCY = "select set_config('handrail.agency_id', $1, true)"

READ = """
with audited as (
  insert into audit_event
    (agency_id, at, audit_id, subject, role, partner_id, action, operation_id, decision, purpose, data_classes,
     participant_ids, rule_version, break_glass, request_id)
  select $1, clock_timestamp(), $3, $4, $5, $6, 'read', $7, 'allow', $8, $9, array[participant_id], '1', false, $10
  from referral.referral
  where agency_id = $1 and referral_id = $2
)
select r.referral_id, r.version, r.participant_id, r.engagement_id, r.partner_id, r.client_id, r.setting,
  r.priority, r.programme, r.languages, r.peer_gender_wish, r.takes_medication, r.callback, r.status,
  r.business_status, r.status_reason, r.cancelled_by_sender, r.closing_reason, r.received_at, r.accepted_at,
  r.closed_at, r.changed_at, r.business_changed_at, r.shown_version, r.shown_status, r.shown_business,
  r.shown_at, p.data_key
from referral.referral as r
join referral.participant as p on p.agency_id = r.agency_id and p.participant_id = r.participant_id
where r.agency_id = $1 and r.referral_id = $2
"""

LIST = """
with page as materialized (
  select referral_id, participant_id
  from referral.referral
  where agency_id = $1 and referral_id < $2
  order by referral_id desc
  limit $3
), audited as (
  insert into audit_event
    (agency_id, at, audit_id, subject, role, partner_id, action, operation_id, decision, purpose, data_classes,
     participant_ids, rule_version, break_glass, request_id)
  select $1, clock_timestamp(), $4, $5, $6, $7, 'search', $8, 'allow', $9, $10,
    coalesce(array_agg(distinct participant_id order by participant_id), '{}'), '1', false, $11
  from page
)
select r.referral_id, r.version, r.participant_id, r.engagement_id, r.partner_id, r.client_id, r.setting,
  r.priority, r.programme, r.languages, r.peer_gender_wish, r.takes_medication, r.callback, r.status,
  r.business_status, r.status_reason, r.cancelled_by_sender, r.closing_reason, r.received_at, r.accepted_at,
  r.closed_at, r.changed_at, r.business_changed_at, r.shown_version, r.shown_status, r.shown_business,
  r.shown_at, p.data_key
from referral.referral as r
join referral.participant as p on p.agency_id = r.agency_id and p.participant_id = r.participant_id
where r.agency_id = $1 and r.referral_id = any(array(select referral_id from page))
order by r.referral_id desc
"""

LOOK_UP = """
select stored.kind, stored.participant_id
from unnest($2::text[], $3::smallint[], $4::text[]) as wanted (kind, key_version, hmac)
join referral.participant_blind_index as stored
  on stored.agency_id = $1
  and stored.kind = wanted.kind
  and stored.key_version = wanted.key_version
  and stored.hmac = wanted.hmac
order by stored.kind, stored.participant_id
"""

PARTICIPANT = """
insert into referral.participant
  (agency_id, participant_id, version, data_key, data_key_ring_id, given_name, family_name, birth_date, phone,
   address, identifiers, phone_is_safe, registered_at, changed_at)
values ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)
"""

BLIND_INDEX = """
insert into referral.participant_blind_index (agency_id, kind, key_version, hmac, participant_id)
select $1, new.kind, new.key_version, new.hmac, $2
from unnest($3::text[], $4::smallint[], $5::text[]) with ordinality as new (kind, key_version, hmac, position)
order by new.position
"""

ENGAGEMENT = """
insert into referral.engagement
  (agency_id, engagement_id, participant_id, version, kind, programme, opened_at, settled_at, closed_at,
   peer_id, matched_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict (agency_id, engagement_id) do update
set version = excluded.version, settled_at = excluded.settled_at, closed_at = excluded.closed_at,
  peer_id = excluded.peer_id, matched_at = excluded.matched_at
"""

REFERRAL = """
insert into referral.referral
  (agency_id, referral_id, version, participant_id, engagement_id, partner_id, client_id, setting, priority,
   programme, languages, peer_gender_wish, takes_medication, callback, status, business_status, status_reason,
   cancelled_by_sender, closing_reason, received_at, accepted_at, closed_at, changed_at, business_changed_at,
   shown_version, shown_status, shown_business, shown_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
  $23, $24, $25, $26, $27, $28)
"""

TRANSITION = """
insert into referral.referral_transition
  (agency_id, referral_id, version, from_status, to_status, business_status, reason, party, actor, at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""

MESSAGE = """
insert into message_table.message (topic, key, version, agency_id, payload, headers)
values ($1, $2, $3, $4, $5, $6)
"""

AUDIT = """
insert into audit_event (
    agency_id, audit_id, subject, role, partner_id, on_behalf_of, action, operation_id, decision, reason,
    purpose, data_classes, participant_ids, consent_id, rule_version, break_glass, request_id
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
"""
