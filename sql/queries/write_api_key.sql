-- Stores a new API key.
-- $1 text: id   $2 text: name   $3 text[]: scopes   $4 bytea: SHA-256 of the token   $5 timestamptz: end or null
-- $6 int, $7 bigint, $8 int: requests, in how many ms, and how many at once; or null
-- Locks: the new row.
insert into tusk.api_key (id, name, scopes, token_hash, expires_at, rate_max, rate_period_ms, rate_burst)
values ($1, $2, $3, $4, $5, $6, $7, $8)
returning created_at
