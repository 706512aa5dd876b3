-- Moves schedules on to their next planned time, behind outcomes that were recorded in the same transaction.
-- $1 text[]: names   $2 timestamptz[]: next ticks   $3 timestamptz[]: when they fire   $4 timestamptz[]: last planned
-- times with an outcome, or null   $5 bigint[]: last jobs, or null for the ones there are   $6 timestamptz[]: ticks
-- that wait, or null   $7 text[]: faults, or null
-- Locks: the rows, which its caller holds.
update tusk.schedule as schedule
set
    next_tick_at = moved.next_tick_at,
    due_at = moved.due_at,
    last_tick_at = coalesce(moved.last_tick_at, schedule.last_tick_at),
    last_job_id = coalesce(moved.job_id, schedule.last_job_id),
    pending_tick_at = moved.pending_tick_at,
    fault = moved.fault
from unnest(
    $1::text[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[], $5::bigint[], $6::timestamptz[], $7::text[]
) as moved (name, next_tick_at, due_at, last_tick_at, job_id, pending_tick_at, fault)
where schedule.name = moved.name
