-- Removes a schedule; its ticks stay until they are pruned. No row: there was none.
-- $1 text: name
-- Locks: its row.
delete from tusk.schedule as schedule
where schedule.name = $1
returning schedule.name
