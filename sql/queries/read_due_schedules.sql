-- Schedules that the scheduler has to look at: the next tick has come, or the job has ended that a queued tick waits
-- for.
-- $1 int: most
-- Locks: none; lock_schedules.sql decides who fires. No index: there are thousands of schedules at most.
with queued as materialized (
    select array_agg(schedule.last_job_id) as jobs
    from tusk.schedule as schedule
    where schedule.pending_tick_at is not null and schedule.paused_at is null
),
live as materialized (
    select job.id
    from queued
    cross join lateral tusk.live_jobs(queued.jobs) as job (id)
    where queued.jobs is not null
)
select
    schedule.name, schedule.cron, schedule.time_zone, schedule.job, schedule.jitter_ms, schedule.overlap,
    schedule.catch_up, schedule.catch_up_max, schedule.catch_up_window_ms, schedule.next_tick_at, schedule.paused_at,
    schedule.paused_until, schedule.updated_at, schedule.revision, tusk.schedule_clock() as moment
from tusk.schedule as schedule
where
    schedule.due_at <= tusk.schedule_clock()
    or (
        schedule.pending_tick_at is not null
        and schedule.paused_at is null
        and not exists (select from live where live.id = schedule.last_job_id)
    )
order by schedule.due_at, schedule.name
limit $1
