-- Removes a limit; false: there is none.
-- $1 text: key
-- Locks: its row, and that of its queue.
select tusk.remove_limit($1) as removed
