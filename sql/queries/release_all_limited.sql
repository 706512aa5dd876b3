-- Brings back jobs that wait for any key which has room; answers their queues, and whether any jobs waited.
-- $1 smallint: shard
-- Locks: the picked rows of blocked, skipping rows that others hold. Index: blocked_pkey.
select
    exists (select from tusk.blocked as blocked where blocked.shard = $1 and blocked.reason = 'limit') as any_waited,
    tusk.release_all_limited($1) as queues
