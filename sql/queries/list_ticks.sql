-- What became of the planned times of a schedule, the newest first.
-- $1 text: schedule   $2 int: most
-- Locks: none. Index: tick_pkey.
select
    tick.planned_at, tick.planned_until, tick.ticks, tick.is_manual, tick.recorded_at, tick.outcome, tick.job_id,
    tick.queued_at, tick.requested_by
from tusk.tick as tick
where tick.schedule = $1
order by tick.planned_at desc, tick.is_manual desc
limit $2
