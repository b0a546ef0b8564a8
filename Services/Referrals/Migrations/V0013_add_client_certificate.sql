-- Clients that come with a certificate instead of a signed assertion (RFC 8705): known by its SHA-256 digest. A program
-- from before finds neither keys nor an address of them, and gives no token.
alter table referral.partner_client
  add column certificate_sha256 text,
  drop constraint partner_client_one_key_source,
  add constraint partner_client_one_key_source check (num_nonnulls(jwks, jwks_url, certificate_sha256) = 1) not valid;
alter table referral.partner_client validate constraint partner_client_one_key_source;
