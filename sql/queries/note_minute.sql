-- Adds to the present minute of queues; see tusk.note_minute.
-- $1 text[]: queues   $2, $3, $4, $5 bigint[]: completed, failed, discarded, cancelled
-- $6, $7 bigint[]: waits and runs, of the first queue, of the second, and so on
-- Locks: the rows of that minute, in the order of the queues. Index: minute_pkey.
select tusk.note_minute($1, $2, $3, $4, $5, $6, $7) as done
