-- Writes why a schedule cannot fire, and puts it off for a minute, unless it was changed since it was read.
-- $1 text: name   $2 bigint: its revision   $3 text: what is wrong
-- Locks: its row.
update tusk.schedule as schedule
set fault = $3, due_at = tusk.schedule_clock() + interval '1 minute'
where schedule.name = $1 and schedule.revision = $2
