-- Claims one job that lost a lease before, under a lease of its own, so that it cannot harm others again.
-- $1 smallint: shard   $2 uuid: worker   $3 text[]: queues   $4 text[]: kinds the worker offers
-- Locks: the picked row of ready, skipping rows that others hold. Indexes: ready_alone, job_pkey.
-- Answers the columns of claim_jobs.sql.
with lane as (
    select given.queue
    from unnest($3::text[]) as given (queue)
    where
        (select exists (select from tusk.worker as worker where worker.id = $2 and worker.state = 'live'))
        and not exists (
            select from tusk.queue as queue where queue.name = given.queue and queue.paused_at is not null
        )
),
picked as materialized (
    select waiting.*
    from lane
    cross join lateral (
        select ready.ctid as place
        from tusk.ready as ready
        where
            ready.shard = $1
            and ready.queue = lane.queue
            and ready.interruptions > 0
            and ready.kind = any ($4)
        order by ready.priority, ready.rank
        limit 1
        for update skip locked
    ) as waiting
    limit 1
),
taken as (
    delete from tusk.ready as ready
    using picked
    where ready.ctid = picked.place
    returning
        ready.rank, ready.id, ready.attempt, ready.interruptions, ready.priority, ready.queue, ready.kind,
        ready.available_at
),
leased as (
    insert into tusk.lease (shard, number, worker_id, claimed_at, ids, attempts, interruptions)
    select $1, nextval('tusk.lease_number'), $2, now(), array[taken.id], array[taken.attempt], taken.interruptions
    from taken
    returning number
)
select
    leased.number as lease,
    0 as position,
    taken.id,
    taken.rank,
    taken.attempt,
    job.max_attempts,
    taken.priority,
    job.timeout_ms,
    taken.kind,
    taken.queue,
    job.args,
    job.retry,
    job.tags,
    job.metadata,
    job.traceparent,
    job.created_at,
    taken.available_at,
    now() as claimed_at,
    0::bigint as snapshot_xmin,
    0::bigint as snapshot_xmax
from taken
cross join leased
inner join tusk.job as job on job.shard = $1 and job.id = taken.id
