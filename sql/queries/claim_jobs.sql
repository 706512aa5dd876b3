-- Claims up to $8 waiting jobs of a worker's lanes under new leases, and answers them in claim order.
-- $1 smallint: shard   $2 uuid: worker
-- $3 text[]: queues, $4 smallint[]: priorities, $5 bigint[]: cursors: a lane each, the most urgent first; ranks up to
-- the cursor are not looked at
-- $6 text[]: kinds the worker offers   $7 text[]: kinds that get a lease for each job
-- $8 int: most jobs   $9 bigint: most bytes of args, the first job always
-- A job's place in its lease is its place among the rows with that lease, from 0; so a job without facts, which should
-- not be, has a row too. What is the same for all is answered with the first row only: a column costs 80 ns a row.
-- Locks: the picked rows of ready, skipping rows that others hold. Indexes: ready_pkey in claim order, ready_deadline,
-- job_pkey.
-- Jobs that should be finished by a time come first in their lane, the earliest first. Their ranks say nothing of how
-- far the lane was looked at, so they are answered negative.
-- picked is materialized so that the planner cannot run the limited, locking select again for each deleted row; the
-- lateral keeps the order of the lanes and stops at the limit. Rows are deleted by ctid: they are locked, and nobody
-- updates rows of ready, so it stands; for the same reason the answer is read from picked and not from the delete,
-- which would write all rows down once more (1.2 us a job).
-- The limit of the join with job keeps it a look-up by key for each job: without, a plan that was made while the
-- tables were empty reads all of job for each claim (490 ms for 1,000 of 10,000 jobs). For the same reason a pause is
-- looked up for each lane and not joined.
-- No order by: CTE scans and nested loops, to which the sessions are pinned, keep the order of picked, in the answer
-- as in the array of ids; settling compares the two and would refuse a job that is not where it says. A sort of the
-- answer costs 0.3 us a job, running sums for all rows 0.4; they are needed only when the bytes are too many.
-- Jobs that lost a lease (interruptions > 0) are left to claim_alone_job.sql, those that limits may hold back to
-- claim_gated. When there may be some of these a last row says so: of its columns only lane is not null, 1 for those
-- without fair keys, 2 for those with, 3 for both. The first is looked for from the end of the index: at its beginning
-- are those that were claimed since the last vacuum, 1 ms for 100,000.
-- A worker without a row was rescued or never registered; it gets nothing.
with lane as (
    select given.queue, given.priority, given.cursor, given.number
    from
        unnest($3::text[], $4::smallint[], $5::bigint[]) with ordinality as given (queue, priority, cursor, number)
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
deadline as materialized (
    select exists (
        select
        from tusk.ready as ready
        where ready.shard = $1 and ready.turn_key > '' and ready.turn_key < '"'
        limit 1
    ) as is_there
),
picked as materialized (
    select waiting.*
    from lane
    cross join lateral (
        select pressing.*
        from (
            select
                ready.ctid as place,
                -ready.rank as rank,
                ready.id,
                ready.attempt,
                ready.args_bytes,
                lane.number::smallint as lane,
                ready.kind,
                ready.available_at
            from tusk.ready as ready
            where
                (select deadline.is_there from deadline)
                and ready.shard = $1
                and ready.queue = lane.queue
                and ready.priority = lane.priority
                and ready.turn_key > ''
                and ready.turn_key < '"'
                and ready.interruptions = 0
                and not ready.gated
                and ready.kind = any ($6)
                and ready.kind <> all (array(
                    select substr(bound.key, 6)
                    from tusk.key_limit as bound
                    where bound.key >= 'kind:' and bound.key < 'kind;'
                ))
            order by ready.turn_key, ready.rank
            limit $8
            for update skip locked
        ) as pressing
        union all
        select plain.*
        from (
            select
                ready.ctid as place,
                ready.rank,
                ready.id,
                ready.attempt,
                ready.args_bytes,
                lane.number::smallint as lane,
                ready.kind,
                ready.available_at
            from tusk.ready as ready
            where
                ready.shard = $1
                and ready.queue = lane.queue
                and ready.priority = lane.priority
                and ready.rank > lane.cursor
                and ready.interruptions = 0
                and not ready.gated
                and ready.turn_key = ''
                and ready.kind = any ($6)
                and ready.kind <> all (array(
                    select substr(bound.key, 6)
                    from tusk.key_limit as bound
                    where bound.key >= 'kind:' and bound.key < 'kind;'
                ))
            order by ready.rank
            limit $8
            for update skip locked
        ) as plain
    ) as waiting
    limit $8
),
size as materialized (
    select sum(picked.args_bytes) as bytes
    from picked
),
shared as materialized (
    select nextval('tusk.lease_number') as number
),
fitting as (
    select picked.place, picked.rank, picked.id, picked.attempt, picked.lane, picked.kind, picked.available_at
    from picked
    where (select size.bytes from size) <= $9
    union all
    select sized.place, sized.rank, sized.id, sized.attempt, sized.lane, sized.kind, sized.available_at
    from (
        select
            picked.*,
            sum(picked.args_bytes) over (rows unbounded preceding) - picked.args_bytes as bytes_before
        from picked
        where (select size.bytes from size) > $9
    ) as sized
    where sized.bytes_before < $9
),
taken as materialized (
    select
        fitting.*,
        fitting.kind = any ($7) as is_apart,
        case
            when fitting.kind = any ($7) then nextval('tusk.lease_number')
            else (select shared.number from shared)
        end as lease
    from fitting
),
gone as (
    delete from tusk.ready as ready
    where ready.ctid = any (array(select taken.place from taken))
),
leased_together as (
    insert into tusk.lease (shard, number, worker_id, claimed_at, ids, attempts)
    select
        $1,
        (select shared.number from shared),
        $2,
        now(),
        array_agg(taken.id),
        case when max(taken.attempt) > 0 then array_agg(taken.attempt) end
    from taken
    where not taken.is_apart
    having count(*) > 0
),
leased_apart as (
    insert into tusk.lease (shard, number, worker_id, claimed_at, ids, attempts)
    select $1, taken.lease, $2, now(), array[taken.id], array[taken.attempt]
    from taken
    where taken.is_apart
)
select
    taken.lease,
    taken.id,
    taken.rank,
    taken.lane,
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
    case when first.rank = taken.rank then now() end as claimed_at,
    case when first.rank = taken.rank then pg_snapshot_xmin(pg_current_snapshot())::text::bigint end as snapshot_xmin,
    case when first.rank = taken.rank then pg_snapshot_xmax(pg_current_snapshot())::text::bigint end as snapshot_xmax
from taken
cross join (select taken.rank from taken limit 1) as first
left join lateral (
    select
        job.max_attempts, job.timeout_ms, job.args, job.retry, job.tags, job.metadata, job.traceparent, job.created_at
    from tusk.job as job
    where job.shard = $1 and job.id = taken.id
    limit 1
) as job on true
union all
select
    null, null, null, held.sorts, null, null, null, null, null, null, null, null, null, null, null, null, null, null
from (
    select (
        case
            when
                (
                    select true
                    from tusk.ready as ready
                    where ready.shard = $1 and ready.gated and ready.turn_key < '"'
                    order by ready.queue desc, ready.priority desc, ready.rank desc
                    limit 1
                )
                or (select exists (
                    select from tusk.key_limit as bound where bound.key >= 'kind:' and bound.key < 'kind;'
                ))
                or (select exists (
                    select from tusk.key_limit as bound where bound.key >= 'queue:' and bound.key < 'queue;'
                ))
                then 1
            else 0
        end
        + case
            when (select exists (select from tusk.fair_share as share where share.shard = $1 limit 1)) then 2
            else 0
        end
    )::smallint as sorts
) as held
where held.sorts > 0
