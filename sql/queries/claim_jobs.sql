-- Claims up to $8 waiting jobs of a worker's lanes under new leases, and answers them in claim order.
-- $1 smallint: shard   $2 uuid: worker
-- $3 text[]: queues, $4 smallint[]: priorities, $5 bigint[]: cursors: a lane each, the most urgent first; ranks up to
-- the cursor are not looked at
-- $6 text[]: kinds the worker offers   $7 text[]: kinds that get a lease for each job
-- $8 int: most jobs   $9 bigint: most bytes of args, the first job always
-- Locks: the picked rows of ready, skipping rows that others hold. Indexes: ready_pkey in claim order, job_pkey.
-- picked is materialized so that the planner cannot run the limited, locking select again for each deleted row; the
-- lateral keeps the order of the lanes and stops at the limit. Rows are deleted by ctid: they are locked, and nobody
-- updates rows of ready, so it stands; for the same reason the answer is read from picked and not from the delete,
-- which would write all rows down once more (1.2 us a job).
-- No order by at the end: nested loops, to which the sessions are pinned, keep the order, and a sort costs 0.3 us a job.
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
shared as materialized (
    select nextval('tusk.lease_number') as number
),
taken as materialized (
    select
        sized.*,
        case when sized.is_apart then nextval('tusk.lease_number') else (select shared.number from shared) end as lease,
        case when sized.is_apart then 0 else sized.shared_so_far - 1 end as position
    from (
        select
            picked.*,
            sum(picked.args_bytes) over so_far - picked.args_bytes as bytes_before,
            picked.kind = any ($7) as is_apart,
            (count(*) filter (where picked.kind <> all ($7)) over so_far)::int as shared_so_far
        from picked
        window so_far as (rows unbounded preceding)
    ) as sized
    where sized.bytes_before < $9
),
gone as (
    delete from tusk.ready as ready
    using taken
    where ready.ctid = taken.place
),
leased as (
    insert into tusk.lease (shard, number, worker_id, claimed_at, ids, attempts)
    select
        $1,
        taken.lease,
        $2,
        now(),
        array_agg(taken.id order by taken.position),
        case when max(taken.attempt) > 0 then array_agg(taken.attempt order by taken.position) end
    from taken
    group by taken.lease
)
select
    taken.lease,
    taken.position,
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
    (select pg_snapshot_xmin(pg_current_snapshot())::text::bigint) as snapshot_xmin,
    (select pg_snapshot_xmax(pg_current_snapshot())::text::bigint) as snapshot_xmax
from taken
inner join tusk.job as job on job.shard = $1 and job.id = taken.id
