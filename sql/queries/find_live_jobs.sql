-- Which of these jobs wait or run.
-- $1 bigint[]: jobs
-- Locks: none. Indexes: ready_id, scheduled_id, blocked_id; leases are few.
select live.id
from tusk.live_jobs($1::bigint[]) as live (id)
