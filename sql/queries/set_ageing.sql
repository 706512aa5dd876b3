-- Lets jobs of a queue go up a band each time they have waited so long; see tusk.set_ageing.
-- $1 text: queue   $2 bigint: milliseconds; null: never
-- Locks: its row.
select tusk.set_ageing($1, $2 * interval '1 ms') as done
