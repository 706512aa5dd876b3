-- Pauses a schedule; a paused one keeps its first record. False: there is none.
-- $1 text: name   $2 text: who   $3 text: why or null
-- Locks: its row.
select tusk.pause_schedule($1, $2, $3) as exists
