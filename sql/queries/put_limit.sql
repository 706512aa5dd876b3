-- Sets a limit; see tusk.put_limit.
-- $1 text: key   $2 int: most that run at once   $3 int: most that start in   $4 bigint: so many milliseconds
-- $5 int: burst   $6 text: who   $7 int: failures that open its breaker   $8 bigint: for so many milliseconds
-- $9 int: weight of its fair share
-- Locks: its row, and that of its queue.
select tusk.put_limit($1, $2, $3, $4 * interval '1 ms', $5, $6, $7, $8 * interval '1 ms', $9) as done
