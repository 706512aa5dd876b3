-- Claims one job that lost a lease before, under a lease of its own, so that it cannot harm others again.
-- $1 smallint: shard   $2 uuid: worker
-- $3 text[]: queues, $4 smallint[]: priorities: a lane each, the most urgent first
-- $5 text[]: kinds the worker offers
-- Locks: the picked row of ready, skipping rows that others hold. Indexes: ready_alone, job_pkey.
-- Answers the columns of claim_jobs.sql.
with lane as (
    select given.queue, given.priority, given.number
    from unnest($3::text[], $4::smallint[]) with ordinality as given (queue, priority, number)
    where
        (select exists (select from tusk.worker as worker where worker.id = $2 and worker.state = 'live'))
        and (
            select queue.name
            from tusk.queue as queue
            where
                queue.name = given.queue
                and (
                    queue.limited
                    or queue.paused_at is not null and coalesce(queue.paused_until > now(), true)
                )
        ) is null
),
picked as materialized (
    select waiting.*
    from lane
    cross join lateral (
        select
            ready.ctid as place,
            lane.number::smallint as lane
        from tusk.ready as ready
        where
            ready.shard = $1
            and ready.queue = lane.queue
            and ready.priority = lane.priority
            and ready.interruptions > 0
            and not ready.gated
            and ready.kind = any ($5)
            and ready.kind <> all (array(
                select substr(bound.key, 6)
                from tusk.key_limit as bound
                where bound.key >= 'kind:' and bound.key < 'kind;'
            ))
        order by ready.rank
        limit 1
        for update skip locked
    ) as waiting
    limit 1
),
taken as (
    delete from tusk.ready as ready
    where ready.ctid = any (array(select picked.place from picked))
    returning ready.rank, ready.id, ready.attempt, ready.interruptions, ready.kind, ready.available_at
),
leased as (
    insert into tusk.lease (shard, number, worker_id, claimed_at, ids, attempts, interruptions)
    select $1, nextval('tusk.lease_number'), $2, now(), array[taken.id], array[taken.attempt], taken.interruptions
    from taken
    returning number
)
select
    leased.number as lease,
    taken.id,
    taken.rank,
    (select picked.lane from picked) as lane,
    taken.attempt,
    job.max_attempts,
    job.timeout_ms,
    taken.kind,
    job.args,
    job.retry,
    job.tags,
    job.metadata,
    job.traceparent,
    job.created_at,
    taken.available_at,
    now() as claimed_at,
    null::bigint as snapshot_xmin,
    null::bigint as snapshot_xmax
from taken
cross join leased
cross join lateral (
    select
        job.max_attempts, job.timeout_ms, job.args, job.retry, job.tags, job.metadata, job.traceparent, job.created_at
    from tusk.job as job
    where job.shard = $1 and job.id = taken.id
    limit 1
) as job
