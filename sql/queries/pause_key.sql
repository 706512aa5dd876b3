-- Lets no more jobs start that have a key; see tusk.pause_key. Pausing it again writes a new record. No row: the end
-- lies in the past.
-- $1 text: key   $2 text: who   $3 text: why or null   $4 timestamptz: until when or null
-- $5 bigint: for how many ms instead, or null
-- Locks: its row.
select paused.paused_at, paused.paused_by, paused.pause_reason, paused.paused_until
from
    (select coalesce($4::timestamptz, clock_timestamp() + $5::bigint * interval '1 ms') as moment) as ending
cross join lateral tusk.pause_key($1, $2, $3, ending.moment) as paused
where coalesce(ending.moment > clock_timestamp(), true)
