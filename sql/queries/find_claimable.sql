-- Whether a claim would find jobs: the most urgent band of those that no limit concerns and of those that claim_gated
-- takes, and whether jobs of either sort lost a lease before. A claim over HTTP registers a worker, which writes; while
-- somebody waits for jobs that are not there, this is asked instead.
-- $1 smallint: shard   $2 text[]: queues, $3 smallint[]: priorities: a lane each   $4 text[]: kinds
-- Locks: none. Indexes: ready_pkey, ready_gated, ready_turn, ready_alone, a few steps for each lane unless it is full
-- of jobs of other kinds.
with limited as materialized (
    select array(
        select substr(bound.key, 6)
        from tusk.key_limit as bound
        where bound.key >= 'kind:' and bound.key < 'kind;'
    ) as kinds
),
lane as (
    select
        given.queue,
        given.priority,
        coalesce(
            (select queue.limited from tusk.queue as queue where queue.name = given.queue), false
        ) as is_limited
    from unnest($2::text[], $3::smallint[]) as given (queue, priority)
    where
        (
            select paused.name
            from tusk.paused_queue as paused
            where paused.name = given.queue
        ) is null
)
select
    min(lane.priority) filter (where not lane.is_limited and (
        select exists (
            select from tusk.ready as ready
            where
                ready.shard = $1 and ready.queue = lane.queue and ready.priority = lane.priority
                and ready.interruptions = 0 and not ready.gated and ready.turn_key < '"' and ready.kind = any ($4)
                and ready.kind <> all (limited.kinds)
            limit 1
        )
    )) as plain_band,
    min(lane.priority) filter (where (
        select exists (
            select from tusk.ready as ready
            where
                ready.shard = $1 and ready.queue = lane.queue and ready.priority = lane.priority and ready.gated
                and ready.turn_key < '"' and ready.interruptions = 0 and ready.kind = any ($4)
            limit 1
        )
    ) or (
        select exists (
            select from tusk.ready as ready
            where
                ready.shard = $1 and ready.queue = lane.queue and ready.priority = lane.priority
                and ready.turn_key > '"' and ready.interruptions = 0 and ready.kind = any ($4)
            limit 1
        )
    ) or (lane.is_limited or cardinality(limited.kinds) > 0) and (
        select exists (
            select from tusk.ready as ready
            where
                ready.shard = $1 and ready.queue = lane.queue and ready.priority = lane.priority
                and not ready.gated and ready.turn_key < '"' and ready.interruptions = 0 and ready.kind = any ($4)
                and (lane.is_limited or ready.kind = any (limited.kinds))
            limit 1
        )
    )) as gated_band,
    coalesce(bool_or((
        select exists (
            select from tusk.ready as ready
            where
                ready.shard = $1 and ready.queue = lane.queue and ready.priority = lane.priority
                and ready.interruptions > 0 and ready.kind = any ($4)
            limit 1
        )
    )), false) as has_alone
from lane
cross join limited
