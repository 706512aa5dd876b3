-- The jobs of a worker that were told to stop.
-- $1 smallint: shard   $2 uuid: worker
-- Locks: none. Index: lease_worker.
select lease.number as lease, told.id
from tusk.lease as lease
cross join lateral unnest(lease.cancels) as told (id)
where lease.shard = $1 and lease.worker_id = $2 and lease.cancels is not null
