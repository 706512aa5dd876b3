-- Brings back jobs that wait for keys which have room; answers their queues.
-- $1 smallint: shard   $2 text[]: keys
-- Locks: the picked rows of blocked, skipping rows that others hold. Index: blocked_pkey.
select tusk.release_limited($1, $2) as queues
