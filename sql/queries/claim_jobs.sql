-- Claims up to $8 waiting jobs of a worker's lanes under new leases, and answers them in claim order.
-- $1 smallint: shard   $2 uuid: worker   $3 text[]: queues, $4 smallint[]: priorities, $5 bigint[]: cursors (a lane
-- each,
-- most urgent first; ranks up to the cursor are not looked at)   $6 text[]: kinds the worker offers
-- $7 text[]: kinds that get a lease for each job   $8 int: most jobs   $9 bigint: most bytes of args, the first job
-- always
-- Locks: the picked rows of ready, skipping rows that others hold. Indexes: ready_pkey in claim order, job_pkey.
-- picked is materialized so that the planner cannot run the limited, locking select again for each deleted row; the
-- lateral keeps the order of the lanes and stops at the limit. Rows are deleted by ctid: they are locked, so it stands.
-- Jobs that lost a lease (interruptions > 0) are left to claim_alone_job.sql.
-- A worker without a row was rescued or never registered; it gets nothing.
with lane as (
    select given.queue, given.priority, given.cursor
    from unnest($3::text[], $4::smallint[], $5::bigint[]) as given (queue, priority, cursor)
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
        select
            ready.ctid as place,
            ready.rank,
            ready.id,
            ready.attempt,
            ready.args_bytes,
            ready.priority,
            ready.queue,
            ready.kind,
            ready.available_at
        from tusk.ready as ready
        where
            ready.shard = $1
            and ready.queue = lane.queue
            and ready.priority = lane.priority
            and ready.rank > lane.cursor
            and ready.interruptions = 0
            and ready.kind = any ($6)
        order by ready.rank
        limit $8
        for update skip locked
    ) as waiting
    limit $8
),
bounded as materialized (
    select sized.*
    from (
        select
            picked.*,
            row_number() over () as ordinal,
            sum(picked.args_bytes) over (rows unbounded preceding) - picked.args_bytes as bytes_before
        from picked
    ) as sized
    where sized.bytes_before < $9
),
taken as (
    delete from tusk.ready as ready
    using bounded
    where ready.ctid = bounded.place
    returning
        bounded.ordinal,
        ready.rank,
        ready.id,
        ready.attempt,
        ready.priority,
        ready.queue,
        ready.kind,
        ready.available_at,
        case when ready.kind = any ($7) then ready.rank else 0 end as share
),
bundle as materialized (
    select
        grouped.share,
        nextval('tusk.lease_number') as number,
        grouped.ids,
        grouped.attempts
    from (
        select
            taken.share,
            array_agg(taken.id order by taken.ordinal) as ids,
            case when max(taken.attempt) > 0 then array_agg(taken.attempt order by taken.ordinal) end as attempts
        from taken
        group by taken.share
    ) as grouped
),
leased as (
    insert into tusk.lease (shard, number, worker_id, claimed_at, ids, attempts)
    select $1, bundle.number, $2, now(), bundle.ids, bundle.attempts
    from bundle
)
select
    bundle.number as lease,
    (row_number() over (partition by bundle.number order by taken.ordinal) - 1)::int as position,
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
    (extract(epoch from now() - taken.available_at) * 1000000)::bigint as waited_us,
    (select pg_snapshot_xmin(pg_current_snapshot())::text::bigint) as snapshot_xmin,
    (select pg_snapshot_xmax(pg_current_snapshot())::text::bigint) as snapshot_xmax
from taken
inner join bundle on bundle.share = taken.share
inner join tusk.job as job on job.shard = $1 and job.id = taken.id
order by bundle.number, taken.ordinal
