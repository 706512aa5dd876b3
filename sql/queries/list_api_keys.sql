-- All API keys, the newest first.
-- $1 int: most
-- Locks: none.
select
    key.id, key.name, key.scopes, key.created_at, key.expires_at, key.revoked_at, key.last_used_at, key.replaced_by,
    key.rate_max, key.rate_period_ms, key.rate_burst
from tusk.api_key as key
order by key.created_at desc, key.id
limit $1
