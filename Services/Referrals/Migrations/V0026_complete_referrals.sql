-- When somebody leaves prison or jail, or a court lets them go; and when what was asked for was completed after it came.
alter table referral.referral
  add column release_on date,
  add column completed_at timestamptz;
