-- Brings back jobs that wait for any key which has room or whose line goes on; answers their queues, and whether any
-- jobs waited.
-- $1 smallint: shard
-- Locks: the picked rows of blocked, skipping rows that others hold. Index: blocked_pkey.
select
    exists (select from tusk.blocked as blocked where blocked.shard = $1) as any_waited,
    tusk.release_all_limited($1) || tusk.release_all_ordered($1) as queues
