-- Creates or replaces a schedule.
-- $1 text: name   $2 text: cron   $3 text: time zone   $4 json: job   $5 timestamptz: next tick
-- Locks: its row. Answers whether it is new.
insert into tusk.schedule as schedule (name, cron, time_zone, job, next_tick_at)
values ($1, $2, $3, $4, $5)
on conflict (name) do update
set
    cron = excluded.cron,
    time_zone = excluded.time_zone,
    job = excluded.job,
    next_tick_at = excluded.next_tick_at,
    updated_at = now()
returning (xmax = 0) as is_new, created_at, updated_at
