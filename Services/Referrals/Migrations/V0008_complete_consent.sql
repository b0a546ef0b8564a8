-- The rest of what 42 CFR 2.31 and 2.35 ask of a consent, and the kinds of organisations that consents tell apart.

alter table referral.consent
  add column recipient_onward      text,
  add column signer_authority      text,
  add column text_version          text,
  add column irrevocable_until     timestamptz,
  add column irrevocable_event     text,
  add column irrevocable_event_at  timestamptz,
  add column revocation_method     text,
  add column revoked_by            text;

alter table referral.consent
  drop constraint consent_recipient_whole,
  add constraint consent_recipient_whole check (
    (recipient_kind in ('partner', 'intermediary') and recipient_partner_id is not null and recipient_name is null)
    or (recipient_kind = 'treatment-payment-operations' and recipient_partner_id is null and recipient_name is null)
    or (recipient_kind = 'named' and recipient_partner_id is null and recipient_name is not null)),
  add constraint consent_onward_of_intermediary
    check ((recipient_kind = 'intermediary') = (recipient_onward is not null)),
  add constraint consent_one_irrevocability check (irrevocable_until is null or irrevocable_event is null),
  add constraint consent_irrevocable_event_whole check (irrevocable_event_at is null or irrevocable_event is not null),
  add constraint consent_irrevocable_for_justice
    check (kind = 'criminal-justice' or (irrevocable_until is null and irrevocable_event is null)),
  add constraint consent_revocation_method_known check (revocation_method in ('written', 'oral', 'electronic'));

alter table referral.partner
  drop constraint partner_kind_known,
  add constraint partner_kind_known check
    (kind in ('hospital', 'clinic', 'court', 'prison', 'jail', 'school', 'employer', 'community', 'health-plan',
      'exchange', 'other'));
