-- Brings back jobs that wait for what these jobs held, and those next in their lines; answers their queues.
-- $1 smallint: shard   $2 bigint[]: jobs whose leases have ended
-- Locks: the picked rows of blocked, skipping rows that others hold. Indexes: job_pkey, blocked_pkey,
-- blocked_order.
select tusk.release_limited_by($1, $2) || tusk.release_ordered_by($1, $2) as queues
