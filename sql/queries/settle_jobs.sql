-- Writes back how attempts ended, each judged by itself, and answers a status for each in input order.
-- $1 smallint: shard   $2 uuid: worker   $3 bigint[]: lease   $4 int[]: position in the lease, from 0   $5 bigint[]:
-- job
-- $6 smallint[]: verdict: 0 complete, 1 discard, 2 cancel, 3 retry, 4 snooze, 5 give back
-- $7 bigint[]: delay in ms of a retry or snooze   $8 bigint[]: microseconds since the attempt started; null: it did not
-- $9 text[]: reason or null   $10 text[]: error or null   $11 json[]: result or null   $12 bigint[]: the leases,
-- ascending
-- Status: 0 accepted, 1 accepted before (the same lease said so), 2 lease lost, 3 accepted, but cancelled meanwhile.
-- Locks: the lease rows in the order of their numbers, for no key update. Indexes: lease_pkey; job_pkey for what waits.
-- The lease row is the fence: its number and its worker must match and the job must not be marked done.
-- A job that is given back keeps its interruptions: a drain is no proof that it does no harm.
-- ids || '{}' takes the array out of line once for each lease instead of once for each job.
with entry as materialized (
    select given.*
    from
        unnest($3::bigint[], $4::int[], $5::bigint[], $6::smallint[], $7::bigint[], $8::bigint[], $9::text[],
            $10::text[], $11::json[])
        with ordinality
        as given (lease, position, id, verdict, delay_ms, started_us, reason, error, result, ordinal)
),
held as materialized (
    select locked.*
    from unnest($12::bigint []) as wanted (number)
    cross join lateral (
        select
            lease.number,
            lease.interruptions,
            lease.done,
            lease.cancels,
            lease.attempts || '{}'::smallint [] as attempts,
            lease.ids || '{}'::bigint [] as ids
        from tusk.lease as lease
        where lease.shard = $1 and lease.number = wanted.number and lease.worker_id = $2
        for no key update
    ) as locked
),
judged as materialized (
    select
        entry.ordinal,
        held.number is not null
        and held.ids[entry.position + 1] = entry.id
        and (held.done is null or get_bit(held.done, entry.position) = 0) as is_accepted,
        entry.lease,
        entry.position,
        entry.id,
        case when held.cancels is not null and entry.id = any (held.cancels) then 2::smallint else entry.verdict end
            as verdict,
        held.cancels is not null and entry.id = any (held.cancels) and entry.verdict <> 2 as overruled,
        coalesce(held.attempts[entry.position + 1], 0) as attempt,
        held.interruptions,
        now() - entry.started_us * interval '1 microsecond' as started_at,
        entry.delay_ms,
        entry.reason,
        entry.error,
        entry.result
    from entry
    left join held on held.number = entry.lease
),
ended as (
    insert into tusk.outcome (
        shard, attempt, state, id, lease, started_at, finished_at, worker_id, reason, error, result
    )
    select
        $1,
        judged.attempt + 1,
        case judged.verdict when 0 then 'completed' when 1 then 'discarded' else 'cancelled' end::tusk.job_state,
        judged.id,
        judged.lease,
        judged.started_at,
        now(),
        $2,
        case when judged.overruled then 'operator' else judged.reason end,
        judged.error,
        case when not judged.overruled then judged.result end
    from judged
    where judged.is_accepted and judged.verdict <= 2
),
tried as (
    insert into tusk.attempt (shard, attempt, id, lease, started_at, ended_at, worker_id, ended, error)
    select
        $1,
        judged.attempt + 1,
        judged.id,
        judged.lease,
        judged.started_at,
        now(),
        $2,
        case judged.verdict when 3 then 'failed' when 4 then 'snoozed' else 'given_back' end,
        judged.error
    from judged
    where judged.is_accepted and judged.verdict >= 3 and judged.started_at is not null
),
waiting as (
    insert into tusk.scheduled (shard, priority, attempt, args_bytes, due_at, id, last_lease, queue, kind)
    select
        $1,
        job.priority,
        case when judged.verdict = 3 then judged.attempt + 1 else judged.attempt end,
        job.args_bytes,
        now() + judged.delay_ms * interval '1 ms',
        judged.id,
        judged.lease,
        job.queue,
        job.kind
    from judged
    inner join tusk.job as job on job.shard = $1 and job.id = judged.id
    where judged.is_accepted and judged.verdict in (3, 4)
),
returned as (
    insert into tusk.ready (
        shard, priority, attempt, interruptions, args_bytes, id, last_lease, available_at, queue, kind
    )
    select
        $1, job.priority, judged.attempt, judged.interruptions, job.args_bytes, judged.id, judged.lease, now(),
        job.queue, job.kind
    from judged
    inner join tusk.job as job on job.shard = $1 and job.id = judged.id
    where judged.is_accepted and judged.verdict = 5
),
tally as materialized (
    select
        held.number,
        summed.count + coalesce(bit_count(held.done), 0) = cardinality(held.ids) as is_over,
        repeat('0', cardinality(held.ids))::bit varying as none
    from (
        select judged.lease, count(*) as count
        from judged
        where judged.is_accepted
        group by judged.lease
    ) as summed
    inner join held on held.number = summed.lease
),
freed as (
    delete from tusk.lease as lease
    where lease.shard = $1 and lease.number = any (array(select tally.number from tally where tally.is_over))
),
marked as (
    update tusk.lease as lease
    set done = coalesce(lease.done, mask.none) | mask.bits
    from (
        select tally.number, tally.none, bit_or(set_bit(tally.none, judged.position, 1)) as bits
        from tally
        inner join judged on judged.lease = tally.number and judged.is_accepted
        where not tally.is_over
        group by tally.number, tally.none
    ) as mask
    where
        lease.shard = $1
        and lease.number = any (array(select tally.number from tally where not tally.is_over))
        and lease.number = mask.number
)
select
    case
        when judged.is_accepted and judged.overruled then 3
        when judged.is_accepted then 0
        when
            exists (
                select from tusk.outcome as past
                where past.shard = $1 and past.id = judged.id and past.lease = judged.lease
            )
            or exists (
                select from tusk.scheduled as past
                where past.shard = $1 and past.id = judged.id and past.last_lease = judged.lease
            )
            or exists (
                select from tusk.ready as past
                where past.shard = $1 and past.id = judged.id and past.last_lease = judged.lease
            )
            then 1
        else 2
    end::smallint as status
from judged
order by judged.ordinal
