-- One API key that works.
-- $1 text: id
-- Locks: none. Index: api_key_pkey.
select key.name, key.scopes, key.token_hash, key.rate_max, key.rate_period_ms, key.rate_burst
from tusk.api_key as key
where key.id = $1 and key.revoked_at is null and (key.expires_at is null or key.expires_at > now())
