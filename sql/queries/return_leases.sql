-- Puts back the jobs of leases that a worker holds without knowing of them: the answer of a claim was lost. They never
-- started, so nothing is charged and nothing is suspected.
-- $1 smallint: shard   $2 uuid: worker   $3 bigint[]: the leases that it knows
-- Locks: the leases in the order of their numbers, skipping what others hold. Indexes: lease_worker, job_pkey.
-- A job told to stop meanwhile ends cancelled. Answers the queues of the jobs that went back.
with unknown as materialized (
    select lease.number
    from tusk.lease as lease
    where lease.shard = $1 and lease.worker_id = $2 and lease.number <> all ($3)
    order by lease.number
    for update skip locked
),
gone as (
    delete from tusk.lease as lease
    where lease.shard = $1 and lease.number = any (array(select unknown.number from unknown))
    returning
        lease.number, lease.worker_id, lease.interruptions, lease.gated, lease.done, lease.cancels,
        lease.attempts || '{}'::smallint [] as attempts, lease.ids
),
held as materialized (
    select
        gone.number,
        gone.worker_id,
        gone.interruptions,
        place.id,
        coalesce(gone.attempts[place.position], 0) as attempt,
        coalesce(place.id = any (gone.cancels), false) as is_cancelled
    from gone
    cross join lateral unnest(gone.ids) with ordinality as place (id, position)
    where gone.done is null or get_bit(gone.done, place.position::integer - 1) = 0
),
let_go as (
    delete from tusk.limit_hold as hold
    where hold.lease = any (array(select gone.number from gone where gone.gated))
),
ended as (
    insert into tusk.outcome (shard, attempt, state, id, lease, finished_at, worker_id, reason, error)
    select
        $1, held.attempt, 'cancelled', held.id, held.number, now(), held.worker_id, 'operator',
        'told to stop before it started'
    from held
    where held.is_cancelled
),
returned as (
    insert into tusk.ready (
        shard, priority, attempt, interruptions, gated, args_bytes, id, available_at, turn_key, queue, kind
    )
    select
        $1, job.priority, held.attempt, held.interruptions,
        num_nonnulls(job.limit_keys, job.order_key, job.start_by, job.fair_key) > 0, job.args_bytes, held.id, now(),
        tusk.turn_key(job.fair_key, job.finish_by), job.queue, job.kind
    from held
    inner join tusk.job as job on job.shard = $1 and job.id = held.id
    where not held.is_cancelled
    returning queue
)
select distinct returned.queue
from returned
