-- Says that a worker lives, and so extends all its leases. No row: it was taken for dead and must fence itself.
-- $1 uuid: worker
-- Locks: its row. The heartbeat column has no index, so the update stays HOT.
update tusk.worker as worker
set heartbeat_at = now()
where worker.id = $1
returning worker.state
