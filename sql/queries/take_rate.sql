-- Takes tokens of a rate; see tusk.take_rate.
-- $1 text: key   $2 int: how many   $3 bigint: most milliseconds to wait for them
-- Locks: the one that all gated claims share. Index: rate_bucket_pkey.
select tusk.take_rate($1, $2, $3 * interval '1 ms') as wait_ms
