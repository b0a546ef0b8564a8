-- The secret before the present one: for a day both sign a partner's webhooks, so that it can change over without missing one.
alter table referral.partner
  add column earlier_webhook_secret  bytea,        -- sealed like the present one
  add column earlier_webhook_ends_at timestamptz,
  add constraint partner_earlier_webhook_secret_ends
    check ((earlier_webhook_secret is null) = (earlier_webhook_ends_at is null));
