-- Puts jobs back whose attempts settle_jobs.sql has ended in the same transaction: into scheduled when they wait for a
-- time, else into ready.
-- $1 smallint: shard   $2 bigint[]: job   $3 bigint[]: lease   $4 smallint[]: attempts used
-- $5 smallint[]: interruptions   $6 bigint[]: delay in ms; null: available at once
-- Locks: none but the new rows. Index: job_pkey.
-- The limit keeps it a look-up by key, as in claim_jobs.sql.
-- A job that is given back keeps its interruptions: a drain is no proof that it does no harm.
with returned as materialized (
    select
        job.priority, job.gated, job.args_bytes, job.turn_key, job.queue, job.kind, given.id, given.lease,
        given.attempt, given.interruptions, given.delay_ms
    from
        unnest($2::bigint[], $3::bigint[], $4::smallint[], $5::smallint[], $6::bigint[])
        as given (id, lease, attempt, interruptions, delay_ms)
    cross join lateral (
        select
            job.priority, num_nonnulls(job.limit_keys, job.order_key, job.fair_key) > 0 as gated, job.args_bytes,
            tusk.turn_key(job.fair_key, job.finish_by) as turn_key, job.queue, job.kind
        from tusk.job as job
        where job.shard = $1 and job.id = given.id
        limit 1
    ) as job
),
waiting as (
    insert into tusk.scheduled (
        shard, priority, attempt, gated, args_bytes, due_at, id, last_lease, turn_key, queue, kind
    )
    select
        $1, returned.priority, returned.attempt, returned.gated, returned.args_bytes,
        now() + returned.delay_ms * interval '1 ms', returned.id, returned.lease, returned.turn_key, returned.queue,
        returned.kind
    from returned
    where returned.delay_ms is not null
)
insert into tusk.ready (
    shard, priority, attempt, interruptions, gated, args_bytes, id, last_lease, available_at, turn_key, queue, kind
)
select
    $1, returned.priority, returned.attempt, returned.interruptions, returned.gated, returned.args_bytes,
    returned.id, returned.lease, now(), returned.turn_key, returned.queue, returned.kind
from returned
where returned.delay_ms is null
