-- Pauses a queue: nothing is claimed from it any more. Pausing it again writes a new record. No row: the end lies in
-- the past.
-- $1 text: queue   $2 text: who   $3 text: why or null   $4 timestamptz: until when or null
-- $5 bigint: for how many ms instead, or null
-- Locks: its row.
insert into tusk.queue as queue (name, paused_at, paused_by, pause_reason, paused_until)
select $1, now(), $2, $3, ending.moment
from (select coalesce($4::timestamptz, now() + $5::bigint * interval '1 ms') as moment) as ending
where coalesce(ending.moment > now(), true)
on conflict (name) do update
set
    paused_at = excluded.paused_at,
    paused_by = excluded.paused_by,
    pause_reason = excluded.pause_reason,
    paused_until = excluded.paused_until
returning queue.paused_at, queue.paused_by, queue.pause_reason, queue.paused_until
