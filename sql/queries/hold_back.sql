-- Lets no job of a key with a rate start for a time; see tusk.hold_back.
-- $1 text: key   $2 bigint: milliseconds
-- Locks: the one that all gated claims share. Index: rate_bucket_pkey.
select tusk.hold_back($1, $2 * interval '1 ms') as is_held
