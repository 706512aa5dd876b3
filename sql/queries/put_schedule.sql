-- Creates or replaces a schedule that was checked; true when it is new.
-- $1 text: name   $2 text: cron   $3 text: time zone   $4 json: job   $5 int: jitter in ms   $6 text: overlap
-- $7 text: catch-up   $8 int: most ticks of it or null   $9 bigint: its window in ms or null
-- $10 timestamptz: next tick   $11 timestamptz: when that fires
-- Locks: its row.
select tusk.store_schedule($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) as is_new
