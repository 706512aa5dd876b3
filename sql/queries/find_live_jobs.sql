-- Which of these jobs wait or run.
-- $1 bigint[]: jobs
-- Locks: none. Indexes: ready_id, scheduled_id, blocked_id; leases are few.
select job.id
from unnest($1::bigint[]) as job (id)
where tusk.is_live(job.id)
