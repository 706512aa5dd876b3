-- Brings back jobs that wait for what these jobs held; answers their queues.
-- $1 smallint: shard   $2 bigint[]: jobs whose leases have ended
-- Locks: the picked rows of blocked, skipping rows that others hold. Indexes: job_pkey, blocked_pkey.
select tusk.release_limited_by($1, $2) as queues
