-- The running jobs that were claimed first, the first first.
-- $1 int: most
-- Locks: none. Index: lease_pkey, from its beginning; a lease whose jobs are all done is gone.
select job.id, job.kind, job.queue, held.worker_id, held.number, held.claimed_at
from (
    select lease.shard, lease.number, lease.worker_id, lease.claimed_at, given.id, given.position
    from (
        select
            lease.shard, lease.number, lease.worker_id, lease.claimed_at, lease.ids,
            coalesce(lease.done, repeat('0', cardinality(lease.ids))::bit varying) as done
        from tusk.lease as lease
        where lease.shard = 0
        order by lease.number
        limit $1
    ) as lease
    cross join lateral unnest(lease.ids) with ordinality as given (id, position)
    where get_bit(lease.done, given.position::integer - 1) = 0
    order by lease.number, given.position
    limit $1
) as held
inner join tusk.job as job on job.shard = held.shard and job.id = held.id
order by held.number, held.position
