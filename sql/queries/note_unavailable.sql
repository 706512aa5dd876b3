-- Counts a job that found its resource unavailable; see tusk.note_unavailable.
-- $1 bigint: job   $2 text: key or null   $3 text: reason   $4 bigint: milliseconds to leave it alone, or null
-- Locks: the rows of its breakers, by key.
select tusk.note_unavailable($1, $2, $3, $4 * interval '1 ms') as is_covered
