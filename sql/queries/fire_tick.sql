-- Records the outcome of planned ticks of a schedule and moves it on; only one caller can, whoever leads.
-- $1 text: schedule   $2 timestamptz: its next_tick_at and $3 timestamptz: its updated_at, as they were read
-- $4 timestamptz: its next tick from now on   $5 timestamptz[]: planned times missed   $6 timestamptz: planned time
-- fired
-- Locks: the row of the schedule. Answers the time fired, or no row when another did it or the schedule was changed.
-- Its caller enqueues the job in the same transaction.
with moved as (
    update tusk.schedule as schedule
    set next_tick_at = $4, last_tick_at = $6
    where schedule.name = $1 and schedule.next_tick_at = $2 and schedule.updated_at = $3
    returning schedule.name
),
missed as (
    insert into tusk.tick (schedule, planned_at, recorded_at, outcome)
    select moved.name, late.planned_at, now(), 'missed'
    from moved
    cross join unnest($5::timestamptz[]) as late (planned_at)
    on conflict do nothing
)
insert into tusk.tick (schedule, planned_at, recorded_at, outcome)
select moved.name, $6, now(), 'fired'
from moved
on conflict do nothing
returning planned_at
