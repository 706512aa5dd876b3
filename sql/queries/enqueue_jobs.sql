-- Enqueues jobs from parallel arrays, all or none, and answers each job's id and when it may run, in input order.
-- $1 smallint: shard   $2 text[]: kinds   $3 text[]: queues   $4 smallint[]: priorities   $5 smallint[]: most attempts
-- $6 json[]: args   $7 int[]: bytes of args   $8 timestamptz[]: run_at or null   $9 bigint[]: delays in ms or null
-- $10 int[]: timeouts in ms or null   $11 json[]: retry policies or null   $12 text[]: tags joined by commas or null
-- $13 json[]: metadata or null   $14 text[]: traceparents or null   $15 text[]: keys of limits joined by commas or null
-- $16 text[]: their weights joined by commas or null   $17 text[]: fair keys or null
-- Locks: none but the new rows. No NOTIFY here: whoever commits sends the wake-up afterwards, on another session.
-- The id is the first rank << 10 | shard, so one draw from one sequence numbers both the job and its place in line.
-- The transaction gets its number before it draws a rank: workers step over a rank only when all transactions that were
-- numbered by then have ended.
with begun as materialized (
    select pg_current_xact_id() as number
),
input as materialized (
    select
        item.ordinal,
        nextval('tusk.rank') as rank,
        item.kind,
        item.queue,
        item.priority,
        item.max_attempts,
        item.args,
        item.args_bytes,
        coalesce(item.run_at, now() + item.delay_ms * interval '1 ms') as due_at,
        item.timeout_ms,
        item.retry,
        item.tags,
        item.metadata,
        item.traceparent,
        item.limit_keys,
        item.limit_weights,
        item.fair_key
    from
        begun
    cross join
        unnest($2::text[], $3::text[], $4::smallint[], $5::smallint[], $6::json[], $7::int[], $8::timestamptz[],
            $9::bigint[], $10::int[], $11::json[], $12::text[], $13::json[], $14::text[], $15::text[], $16::text[],
            $17::text[])
        with ordinality
        as item (kind, queue, priority, max_attempts, args, args_bytes, run_at, delay_ms, timeout_ms, retry, tags,
            metadata, traceparent, limit_keys, limit_weights, fair_key, ordinal)
),
facts as (
    insert into tusk.job (
        shard, priority, max_attempts, id, args_bytes, timeout_ms, created_at, kind, queue, args, retry, tags,
        metadata, traceparent, limit_keys, limit_weights, fair_key
    )
    select
        $1, input.priority, input.max_attempts, input.rank << 10 | $1::smallint, input.args_bytes, input.timeout_ms,
        now(), input.kind, input.queue, input.args, input.retry, string_to_array(input.tags, ','), input.metadata,
        input.traceparent, string_to_array(input.limit_keys, ','),
        string_to_array(input.limit_weights, ',')::smallint [],
        input.fair_key
    from input
),
waiting as (
    insert into tusk.scheduled (shard, priority, gated, args_bytes, due_at, id, turn_key, queue, kind)
    select
        $1, input.priority, num_nonnulls(input.limit_keys, input.fair_key) > 0, input.args_bytes, input.due_at,
        input.rank << 10 | $1::smallint, coalesce(input.fair_key, ''), input.queue, input.kind
    from input
    where input.due_at > now()
),
runnable as (
    insert into tusk.ready (shard, priority, gated, args_bytes, rank, id, available_at, turn_key, queue, kind)
    select
        $1, input.priority, num_nonnulls(input.limit_keys, input.fair_key) > 0, input.args_bytes, input.rank,
        input.rank << 10 | $1::smallint, now(), coalesce(input.fair_key, ''), input.queue, input.kind
    from input
    where input.due_at is null or input.due_at <= now()
)
select
    input.rank << 10 | $1::smallint as id,
    case when input.due_at > now() then input.due_at end as due_at,
    now() as created_at
from input
order by input.ordinal
