-- Ends attempts, each judged by itself, and answers a status for each in input order. Jobs that go on waiting are put
-- back by return_jobs.sql in the same transaction.
-- $1 smallint: shard   $2 uuid: worker   $3 bigint[]: lease   $4 int[]: position in the lease, from 0
-- $5 bigint[]: job   $6 smallint[]: verdict: 0 complete, 1 discard, 2 cancel, 3 retry, 4 snooze, 5 give back
-- $7 bigint[]: microseconds since the attempt started; null: it did not
-- $8 text[]: reason or null   $9 text[]: error or null   $10 json[]: result or null; each may be shorter than the
-- others or empty, and ends in nulls   $11 bigint[]: the leases, ascending
-- Status: 0 accepted, 2 the lease is not, or no longer, the job's present one, 3 accepted, but cancelled meanwhile.
-- Locks: the lease rows in the order of their numbers, for no key update. Index: lease_pkey.
-- The lease row is the fence: its number and its worker must match and the job must not be marked done. The worker is
-- compared in a way that no index knows, so that every plan goes by the number, also one made for an empty table.
-- ids || '{}' takes the array out of line once for each lease instead of once for each job.
with entry as materialized (
    select given.*
    from
        unnest($3::bigint[], $4::int[], $5::bigint[], $6::smallint[], $7::bigint[], $8::text[], $9::text[],
            $10::json[])
        with ordinality
        as given (lease, position, id, verdict, started_us, reason, error, result, ordinal)
),
held as materialized (
    select locked.*
    from unnest($11::bigint []) as wanted (number)
    cross join lateral (
        select
            lease.number,
            lease.interruptions,
            lease.gated,
            lease.done,
            lease.cancels,
            lease.attempts || '{}'::smallint [] as attempts,
            lease.ids || '{}'::bigint [] as ids
        from tusk.lease as lease
        where lease.shard = $1 and lease.number = wanted.number and lease.worker_id is not distinct from $2
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
        judged.attempt + (judged.started_at is not null)::integer,
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
tally as materialized (
    select
        held.number,
        held.gated,
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
let_go as (
    delete from tusk.limit_hold as hold
    where hold.lease = any (array(select tally.number from tally where tally.is_over and tally.gated))
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
    case when not judged.is_accepted then 2 when judged.overruled then 3 else 0 end::smallint as status,
    judged.attempt::smallint as attempt,
    coalesce(judged.interruptions, 0::smallint) as interruptions
from judged
