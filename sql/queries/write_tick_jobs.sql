-- Writes the jobs of ticks that fired in the same transaction, also of those that were queued.
-- $1 text[]: schedules   $2 timestamptz[]: planned times   $3 bigint[]: jobs
-- Locks: their rows. Index: tick_pkey.
update tusk.tick as tick
set
    outcome = 'fired',
    job_id = fired.job_id,
    queued_at = case when tick.outcome = 'queued' then tick.recorded_at end,
    recorded_at = now()
from unnest($1::text[], $2::timestamptz[], $3::bigint[]) as fired (schedule, planned_at, job_id)
where
    tick.schedule = fired.schedule
    and tick.planned_at = fired.planned_at
    and not tick.is_manual
    and tick.outcome in ('fired', 'queued')
    and tick.job_id is null
