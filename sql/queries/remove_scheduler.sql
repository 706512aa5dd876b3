-- Removes a scheduler that stops.
-- $1 uuid: id
-- Locks: its row.
delete from tusk.scheduler as scheduler
where scheduler.id = $1
