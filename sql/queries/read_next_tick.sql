-- Milliseconds until the scheduler has to look at any schedule, null without one; and whether a tick waits for a job.
-- No parameters.   Locks: none.
select
    (
        extract(
            epoch from
            min(greatest(schedule.due_at, '2000-01-01 00:00:00+00')) filter (where schedule.due_at is not null)
            - tusk.schedule_clock()
        ) * 1000
    )::bigint as next_ms,
    coalesce(bool_or(schedule.pending_tick_at is not null and schedule.paused_at is null), false) as has_pending
from tusk.schedule as schedule
