-- Removes a worker that stops. Leases it could not give back are found by the rescue, which needs no row.
-- $1 uuid: worker
-- Locks: its row.
delete from tusk.worker as worker
where worker.id = $1
