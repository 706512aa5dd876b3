-- Sets a limit; see tusk.put_running_limit.
-- $1 text: key   $2 int: most that run at once   $3 text: who
-- Locks: its row, and that of its queue.
select tusk.put_running_limit($1, $2, $3) as done
