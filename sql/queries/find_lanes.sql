-- Finds which lanes of a worker hold waiting jobs, the most urgent first. For workers with so many queues that asking
-- each lane costs more than finding those that matter.
-- $1 smallint: shard   $2 text[]: queues   $3 int: most lanes
-- Locks: none. Index: ready_pkey, from one lane to the next that holds a row, so it costs a step for each of those of
-- all queues, and one step when nothing waits.
with recursive held as (
    (
        select
            ready.queue,
            ready.priority
        from tusk.ready as ready
        where ready.shard = $1
        order by ready.queue, ready.priority
        limit 1
    )
    union all
    select
        following.queue,
        following.priority
    from held
    cross join lateral (
        select
            ready.queue,
            ready.priority
        from tusk.ready as ready
        where ready.shard = $1 and (ready.queue, ready.priority) > (held.queue, held.priority)
        order by ready.queue, ready.priority
        limit 1
    ) as following
)
select
    held.queue,
    held.priority
from held
where
    held.queue = any ($2)
    and (select paused.name from tusk.paused_queue as paused where paused.name = held.queue) is null
order by held.priority, held.queue
limit $3
