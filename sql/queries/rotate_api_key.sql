-- Makes a new key with the name, the scopes, the rate and the length of life of one that works, and lets that one end
-- after a time. No row: there is none, it does not work any more, or another one takes its place already.
-- $1 text: id of the old   $2 text: id of the new   $3 bytea: SHA-256 of its token
-- $4 bigint: for how many ms the old one still works at most
-- Locks: the row of the old key. Index: api_key_pkey.
with old as materialized (
    select
        key.id, key.name, key.scopes, key.created_at, key.expires_at, key.rate_max, key.rate_period_ms, key.rate_burst
    from tusk.api_key as key
    where
        key.id = $1 and key.revoked_at is null and (key.expires_at is null or key.expires_at > now())
        and key.replaced_by is null
    for update
),
ended as (
    update tusk.api_key as key
    set expires_at = least(key.expires_at, now() + $4 * interval '1 ms'), replaced_by = $2
    from old
    where key.id = old.id
    returning key.expires_at
),
made as (
    insert into tusk.api_key (id, name, scopes, token_hash, expires_at, rate_max, rate_period_ms, rate_burst)
    select
        $2, old.name, old.scopes, $3, now() + (old.expires_at - old.created_at), old.rate_max, old.rate_period_ms,
        old.rate_burst
    from old
    returning name, scopes, expires_at
)
select made.name, made.scopes, made.expires_at, ended.expires_at as old_expires_at
from made
cross join ended
