-- Milliseconds until the next tick of any schedule; null without schedules.
-- No parameters.   Locks: none.
select (extract(epoch from min(schedule.next_tick_at) - tusk.schedule_clock()) * 1000)::bigint as next_tick_ms
from tusk.schedule as schedule
