-- Marks a worker as draining: a claim of it that is under way gets nothing more.
-- $1 uuid: worker
-- Locks: its row.
update tusk.worker as worker
set state = 'draining', heartbeat_at = now()
where worker.id = $1
