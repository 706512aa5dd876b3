-- Brings back the jobs of workers that were not heard of for their lease time, and of leases that ended by themselves.
-- $1 smallint: shard   $2 int: most workers
-- Locks: the worker rows, then their leases in the order of their numbers, both skipping what others hold: a settle or
-- a handler's own transaction that is under way wins, and the next round looks again. Indexes: worker_pkey,
-- lease_worker.
-- After a start of the server the workers get a third of their lease time to be heard of again: none of them could beat
-- while it was away. (Measured from its start, because the time it was away is written nowhere.)
-- A lease whose worker has no row is an orphan (a claim that was under way while its worker was rescued, or a worker
-- that stopped in a hurry). It gets a second of grace.
-- A job told to stop ends cancelled. A job that ran alone is charged: after the crash budget it is discarded.
-- Everything else is available at once, and runs alone next time; with last_lease 0, so that what its dead worker may
-- still say is not taken for something that was accepted before.
with dead as materialized (
    select worker.id
    from tusk.worker as worker
    where
        worker.heartbeat_at < now() - worker.lease_ms * interval '1 ms'
        and pg_postmaster_start_time() < now() - worker.lease_ms / 3 * interval '1 ms'
    order by worker.id
    limit $2
    for update skip locked
),
removed as (
    delete from tusk.worker as worker
    where worker.id = any (array(select dead.id from dead))
),
doomed as materialized (
    select lease.number
    from tusk.lease as lease
    where
        lease.shard = $1
        and (
            lease.worker_id = any (array(select dead.id from dead))
            or lease.expires_at < now()
            or (
                lease.expires_at is null
                and lease.claimed_at < now() - interval '1 second'
                and not exists (select from tusk.worker as worker where worker.id = lease.worker_id)
            )
        )
    order by lease.number
    for update of lease skip locked
),
gone as (
    delete from tusk.lease as lease
    where lease.shard = $1 and lease.number = any (array(select doomed.number from doomed))
    returning
        lease.number, lease.worker_id, lease.claimed_at, lease.interruptions, lease.gated, lease.done, lease.cancels,
        lease.attempts || '{}'::smallint [] as attempts, lease.ids
),
lost as materialized (
    select
        gone.number,
        gone.worker_id,
        gone.claimed_at,
        gone.interruptions,
        gone.gated,
        held.id,
        coalesce(gone.attempts[held.position], 0) as attempt,
        coalesce(held.id = any (gone.cancels), false) as is_cancelled,
        gone.interruptions >= tusk.crash_budget() as is_used_up
    from gone
    cross join lateral unnest(gone.ids) with ordinality as held (id, position)
    where gone.done is null or get_bit(gone.done, held.position::integer - 1) = 0
),
let_go as (
    delete from tusk.limit_hold as hold
    where hold.lease = any (array(select gone.number from gone where gone.gated))
),
ended as (
    insert into tusk.outcome (shard, attempt, state, id, lease, started_at, finished_at, worker_id, reason, error)
    select
        $1,
        lost.attempt,
        case when lost.is_cancelled then 'cancelled' else 'discarded' end::tusk.job_state,
        lost.id,
        lost.number,
        lost.claimed_at,
        now(),
        lost.worker_id,
        case when lost.is_cancelled then 'operator' else 'crash' end,
        case when lost.is_cancelled then 'told to stop; its worker was lost'
            else 'its worker was lost ' || lost.interruptions + 1 || ' times while it ran' end
    from lost
    where lost.is_cancelled or lost.is_used_up
    returning id
),
tried as (
    insert into tusk.attempt (shard, attempt, id, lease, started_at, ended_at, worker_id, ended, error)
    select
        $1, lost.attempt + 1, lost.id, lost.number, lost.claimed_at, now(), lost.worker_id, 'lost',
        'its worker was lost'
    from lost
    where not lost.is_cancelled and not lost.is_used_up
),
returned as (
    insert into tusk.ready (
        shard, priority, attempt, interruptions, gated, args_bytes, id, last_lease, available_at, turn_key, queue, kind
    )
    select
        $1, job.priority, lost.attempt, lost.interruptions + 1,
        num_nonnulls(job.limit_keys, job.order_key, job.fair_key) > 0, job.args_bytes, lost.id, 0, now(),
        tusk.turn_key(job.fair_key, job.finish_by), job.queue, job.kind
    from lost
    inner join tusk.job as job on job.shard = $1 and job.id = lost.id
    where not lost.is_cancelled and not lost.is_used_up
    returning queue
)
select
    (select count(*) from dead) as workers,
    (select count(*) from gone) as leases,
    (select count(*) from ended) as ended,
    (select count(*) from returned) as returned,
    array(select distinct returned.queue from returned) as queues,
    array(select lost.id from lost where lost.gated) as gated
