-- The steps of a job that are done, the oldest first.
-- $1 smallint: shard   $2 bigint: job   $3 int: most
-- Locks: none. Index: job_step_pkey.
select step.name, step.lease, step.kept_at, step.value
from tusk.job_step as step
where step.shard = $1 and step.id = $2
order by step.kept_at, step.name
limit $3
