-- Schedules by name, one page, or the one of that name.
-- $1 text: name or null   $2 text: names after this one   $3 int: most
-- Locks: none. Index: schedule_pkey.
select
    schedule.name, schedule.cron, schedule.time_zone, schedule.job, schedule.jitter_ms, schedule.overlap,
    schedule.catch_up, schedule.catch_up_max, schedule.catch_up_window_ms, schedule.next_tick_at, schedule.last_tick_at,
    schedule.last_job_id, schedule.pending_tick_at, schedule.paused_at, schedule.paused_by, schedule.pause_reason,
    schedule.fault, schedule.created_at, schedule.updated_at, schedule.revision
from tusk.schedule as schedule
where ($1::text is null or schedule.name = $1) and schedule.name > $2
order by schedule.name
limit $3
