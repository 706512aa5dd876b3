-- Removes a schedule; its ticks stay until they are pruned. False: there was none.
-- $1 text: name
-- Locks: its row.
select tusk.remove_schedule($1) as existed
