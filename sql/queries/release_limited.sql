-- Brings back jobs that wait for keys which have room; answers their queues, and when to come again for a token.
-- $1 smallint: shard   $2 text[]: keys
-- Locks: the rows of the keys in rate_bucket, then the picked rows of blocked, skipping rows that others hold. Indexes:
-- rate_bucket_pkey, blocked_limit, blocked_pkey.
select
    freed.queues,
    freed.wait_ms
from tusk.release_limited($1, $2) as freed
