-- Writes the job of a tick that was fired in the same transaction.
-- $1 text: schedule   $2 timestamptz: planned time   $3 bigint: job
-- Locks: its row.
update tusk.tick as tick
set job_id = $3
where tick.schedule = $1 and tick.planned_at = $2
