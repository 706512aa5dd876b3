-- Live workers, the longest running first, with how many jobs each holds.
-- $1 int: most
-- Locks: none.
select
    worker.id, worker.host, worker.pid, worker.version, worker.state, worker.slots, worker.queues, worker.kinds,
    worker.started_at, worker.heartbeat_at,
    (
        select coalesce(sum(cardinality(lease.ids) - coalesce(bit_count(lease.done), 0)), 0)
        from tusk.lease as lease
        where lease.shard = 0 and lease.worker_id = worker.id
    )::bigint as running
from tusk.worker as worker
order by worker.started_at, worker.id
limit $1
