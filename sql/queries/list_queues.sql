-- Every queue that has jobs, a worker or a setting, with how many jobs are where (counted up to $1) and the oldest
-- wait.
-- $1 int: where counting stops
-- Locks: none. Index: ready_pkey, walked from queue to queue.
with recursive named (name) as (
    (select ready.queue from tusk.ready as ready where ready.shard = 0 order by ready.queue limit 1)
    union all
    select (
        select ready.queue
        from tusk.ready as ready
        where ready.shard = 0 and ready.queue > named.name
        order by ready.queue
        limit 1
    )
    from named
    where named.name is not null
),
known as (
    select named.name from named where named.name is not null
    union
    select queue.name from tusk.queue as queue
    union
    select given.name from tusk.worker as worker cross join lateral unnest(worker.queues) as given (name)
    union
    select waiting.queue
    from (select scheduled.queue from tusk.scheduled as scheduled where scheduled.shard = 0 limit $1) as waiting
    union
    select held.queue from tusk.blocked as held where held.shard = 0
)
select
    known.name,
    (
        select count(*)
        from (select from tusk.ready as ready where ready.shard = 0 and ready.queue = known.name limit $1) as counted
    ) as available,
    (
        select count(*)
        from (
            select from tusk.scheduled as waiting where waiting.shard = 0 and waiting.queue = known.name limit $1
        ) as counted
    ) as scheduled,
    (
        select count(*)
        from (select from tusk.blocked as held where held.shard = 0 and held.queue = known.name limit $1) as counted
    ) as blocked,
    (
        select count(*)
        from tusk.lease as lease
        cross join lateral unnest(lease.ids) with ordinality as held (id, position)
        inner join tusk.job as job on job.shard = lease.shard and job.id = held.id
        where
            job.queue = known.name
            and (lease.done is null or get_bit(lease.done, held.position::integer - 1) = 0)
    ) as running,
    (
        select (extract(epoch from now() - min(first.available_at)) * 1000)::bigint
        from generate_series(0, 9) as band (priority)
        cross join lateral (
            (
                select ready.available_at
                from tusk.ready as ready
                where
                    ready.shard = 0 and ready.queue = known.name and ready.priority = band.priority
                    and not ready.gated and ready.turn_key = ''
                order by ready.rank
                limit 1
            )
            union all
            (
                select ready.available_at
                from tusk.ready as ready
                where
                    ready.shard = 0 and ready.queue = known.name and ready.priority = band.priority
                    and ready.gated and ready.turn_key = ''
                order by ready.rank
                limit 1
            )
            union all
            (
                select ready.available_at
                from tusk.ready as ready
                where
                    ready.shard = 0 and ready.queue = known.name and ready.priority = band.priority
                    and ready.turn_key <> ''
                order by ready.rank
                limit 1
            )
        ) as first
    ) as oldest_wait_ms,
    (
        select count(*) from tusk.worker as worker where worker.state = 'live' and known.name = any (worker.queues)
    ) as workers,
    paused.paused_at,
    paused.paused_by,
    paused.pause_reason,
    paused.paused_until,
    queue.ageing_ms
from known
left join tusk.queue as queue on queue.name = known.name
left join tusk.paused_queue as paused on paused.name = known.name
order by known.name
