-- The secret before the present one: for a day both sign a partner's webhooks, so that it can change over without missing one.
alter table referral.partner
  add column earlier_webhook_secret  bytea,        -- sealed like the present one
  add column earlier_webhook_ends_at timestamptz,
  add constraint partner_earlier_webhook_secret_ends
    check ((earlier_webhook_secret is null) = (earlier_webhook_ends_at is null));

-- Whom a partner wants to be told by mail, and when one was sent last.
create table referral.partner_mail (
  agency_id  uuid        not null,
  partner_id uuid        not null,
  addresses  bytea       not null,   -- sealed with the key ring: they are people's
  sent_at    timestamptz,
  changed_at timestamptz not null,
  changed_by text        not null,
  constraint partner_mail_pkey primary key (agency_id, partner_id),
  constraint partner_mail_partner_fkey foreign key (agency_id, partner_id) references referral.partner
);
select handrail.protect_table('referral.partner_mail', 'referrals', 'select, insert, update, delete');
