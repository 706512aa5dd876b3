-- Brings back jobs that wait for the next keys which have room or whose line goes on; see tusk.release_next.
-- $1 smallint: shard   $2 text: after this limit key, $3 text: and after this order key; null: from the first
-- $4 int: most keys of each sort
-- Locks: the picked rows of blocked, skipping rows that others hold. Indexes: blocked_pkey, blocked_order.
select
    next.any_waited,
    next.queues,
    next.reached_limit,
    next.reached_order,
    next.rated,
    next.wait_ms
from tusk.release_next($1, $2, $3, $4) as next
