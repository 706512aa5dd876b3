-- Removes the worker of a claim over HTTP once none of its jobs is left.
-- $1 uuid: worker
-- Locks: its row. Indexes: worker_pkey, lease_worker.
delete from tusk.worker as worker
where worker.id = $1 and not exists (select from tusk.lease as lease where lease.worker_id = $1)
