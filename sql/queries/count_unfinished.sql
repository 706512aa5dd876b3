-- How many jobs have not ended and are like this, counted up to $4.
-- $1 text: kind or null   $2 text: queue or null   $3 boolean: whether running ones are left out   $4 int: most
-- Locks: none. Reads what waits and what runs, until it has found so many.
select count(*) as matched
from (
    select waiting.id
    from (
        select ready.id, ready.kind, ready.queue from tusk.ready as ready where ready.shard = 0
        union all
        select later.id, later.kind, later.queue from tusk.scheduled as later where later.shard = 0
        union all
        select held.id, held.kind, held.queue from tusk.blocked as held where held.shard = 0
        union all
        select job.id, job.kind, job.queue
        from tusk.lease as lease
        cross join lateral unnest(lease.ids) with ordinality as running (id, position)
        inner join tusk.job as job on job.shard = lease.shard and job.id = running.id
        where
            not $3::boolean
            and lease.shard = 0
            and (lease.done is null or get_bit(lease.done, running.position::integer - 1) = 0)
            and (lease.cancels is null or running.id <> all (lease.cancels))
    ) as waiting
    where waiting.kind = coalesce($1::text, waiting.kind) and waiting.queue = coalesce($2::text, waiting.queue)
    limit $4::integer
) as counted
