-- Every queue that has jobs, a worker or a setting, with how many jobs are where (counted up to $1), the oldest wait,
-- and the kinds that wait there and that no worker offers.
-- $1 int: where counting stops
-- Locks: none. Indexes: ready_pkey, scheduled_queue and blocked_queue, walked from queue to queue; job_pkey for what
-- runs, which is read once for all queues.
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
later (name) as (
    (select scheduled.queue from tusk.scheduled as scheduled order by scheduled.queue limit 1)
    union all
    select (
        select scheduled.queue
        from tusk.scheduled as scheduled
        where scheduled.queue > later.name
        order by scheduled.queue
        limit 1
    )
    from later
    where later.name is not null
),
behind (name) as (
    (select blocked.queue from tusk.blocked as blocked order by blocked.queue limit 1)
    union all
    select (
        select blocked.queue
        from tusk.blocked as blocked
        where blocked.queue > behind.name
        order by blocked.queue
        limit 1
    )
    from behind
    where behind.name is not null
),
running as materialized (
    select facts.queue, count(*) as jobs
    from tusk.lease as lease
    cross join lateral unnest(lease.ids) with ordinality as held (id, position)
    cross join lateral (
        select job.queue from tusk.job as job where job.shard = lease.shard and job.id = held.id limit 1
    ) as facts
    where lease.done is null or get_bit(lease.done, held.position::integer - 1) = 0
    group by facts.queue
),
known as (
    select named.name from named where named.name is not null
    union
    select later.name from later where later.name is not null
    union
    select behind.name from behind where behind.name is not null
    union
    select queue.name from tusk.queue as queue
    union
    select given.name from tusk.worker as worker cross join lateral unnest(worker.queues) as given (name)
)
select
    known.name,
    (
        select count(*)
        from (select from tusk.ready as ready where ready.shard = 0 and ready.queue = known.name limit $1) as counted
    ) as available,
    (
        select count(*)
        from (select from tusk.scheduled as waiting where waiting.queue = known.name limit $1) as counted
    ) as scheduled,
    (
        select count(*)
        from (select from tusk.blocked as held where held.queue = known.name limit $1) as counted
    ) as blocked,
    coalesce((select running.jobs from running where running.queue = known.name), 0) as running,
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
    queue.ageing_ms,
    tusk.kinds_not_offered(known.name) as kinds_not_offered
from known
left join tusk.queue as queue on queue.name = known.name
left join tusk.paused_queue as paused on paused.name = known.name
order by known.name
