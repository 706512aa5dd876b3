-- Records outcomes of planned times, each at most once: answers those that had none.
-- $1 text[]: schedules   $2 timestamptz[]: first planned times   $3 timestamptz[]: last ones   $4 bigint[]: how many,
-- or null   $5 text[]: outcomes
-- Locks: the new rows; its caller holds the schedules. Index: tick_pkey, which is what no two can pass.
-- A pause goes on in the row it has; a time inside of a run that is recorded has its outcome.
with given as (
    select
        item.schedule, item.planned_at, item.planned_until, item.ticks, item.outcome,
        last.planned_at as last_at, last.planned_until as last_until, last.outcome as last_outcome
    from unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::bigint[], $5::text[])
        as item (schedule, planned_at, planned_until, ticks, outcome)
    left join lateral (
        select tick.planned_at, tick.planned_until, tick.outcome
        from tusk.tick as tick
        where tick.schedule = item.schedule and tick.planned_at <= item.planned_at and not tick.is_manual
        order by tick.planned_at desc
        limit 1
    ) as last on true
    where last.planned_until is null or last.planned_until < item.planned_at
),
extended as (
    update tusk.tick as tick
    set planned_until = given.planned_until, ticks = tick.ticks + given.ticks, recorded_at = now()
    from given
    where
        given.outcome = 'paused'
        and given.last_outcome = 'paused'
        and tick.schedule = given.schedule
        and tick.planned_at = given.last_at
        and not tick.is_manual
    returning tick.schedule, given.planned_at
),
added as (
    insert into tusk.tick as tick (schedule, planned_at, planned_until, ticks, recorded_at, outcome)
    select given.schedule, given.planned_at, given.planned_until, given.ticks, now(), given.outcome
    from given
    where given.outcome <> 'paused' or given.last_outcome is distinct from 'paused'
    on conflict (schedule, planned_at, is_manual) do nothing
    returning tick.schedule, tick.planned_at
)
select extended.schedule, extended.planned_at from extended
union all
select added.schedule, added.planned_at from added
