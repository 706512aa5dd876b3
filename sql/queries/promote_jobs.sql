-- Makes due jobs available, in the order in which they are due, and says when the next one is due.
-- $1 smallint: shard   $2 int: most jobs
-- Locks: the picked rows of scheduled, skipping rows that others hold. Index: scheduled_pkey.
with picked as materialized (
    select scheduled.ctid as place
    from tusk.scheduled as scheduled
    where scheduled.shard = $1 and scheduled.due_at <= now()
    order by scheduled.due_at, scheduled.id
    limit $2
    for update skip locked
),
taken as (
    delete from tusk.scheduled as scheduled
    where scheduled.ctid = any (array(select picked.place from picked))
    returning
        scheduled.priority, scheduled.attempt, scheduled.gated, scheduled.args_bytes, scheduled.due_at, scheduled.id,
        scheduled.last_lease, scheduled.turn_key, scheduled.queue, scheduled.kind
),
entered as (
    insert into tusk.ready (
        shard, priority, attempt, gated, args_bytes, id, last_lease, available_at, turn_key, queue, kind
    )
    select
        $1, ordered.priority, ordered.attempt, ordered.gated, ordered.args_bytes, ordered.id,
        ordered.last_lease, ordered.due_at, ordered.turn_key, ordered.queue, ordered.kind
    from (select taken.* from taken order by taken.due_at, taken.id) as ordered
    returning queue
)
select
    (select count(*) from entered) as promoted,
    array(select distinct entered.queue from entered) as queues,
    (
        select (extract(epoch from scheduled.due_at - now()) * 1000)::bigint
        from tusk.scheduled as scheduled
        where scheduled.shard = $1 and scheduled.due_at > now()
        order by scheduled.due_at
        limit 1
    ) as next_due_ms
