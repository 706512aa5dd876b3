-- Schedules whose next tick has come, the longest due first, and the database's time.
-- $1 int: most
-- Locks: none; fire_tick.sql decides who fires. No index: there are few schedules.
select
    schedule.name, schedule.cron, schedule.time_zone, schedule.job, schedule.next_tick_at, schedule.updated_at,
    tusk.schedule_clock() as moment
from tusk.schedule as schedule
where schedule.next_tick_at <= tusk.schedule_clock()
order by schedule.next_tick_at, schedule.name
limit $1
