-- Ageing: jobs of a less urgent band go up, one band after the other, when they have waited long.
-- Why: bands are strict, so a flood of urgent jobs keeps the others waiting for ever, unless their queue says so.
-- Locks: an instant's access exclusive lock on tusk.queue. Cost on 10 million rows: none.
--
-- A job goes up a band each ageing_ms of its wait, and takes its place behind those that are there. It is shown with
-- the band where it waits now; job.priority stays what it was, and a retry begins there again. Only rows at the head of
-- each band are looked at: they have waited longest.

alter table tusk.queue add column ageing_ms bigint;
alter table tusk.queue add constraint queue_ageing_range check (ageing_ms between 1000 and 604800000);

comment on column tusk.queue.ageing_ms
is 'After waiting so many milliseconds a job goes up a band, and again each time; null: never.';

create function tusk.set_ageing(queue text, ageing interval) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
    time_ms constant numeric := round(extract(epoch from set_ageing.ageing) * 1000);
begin
    if set_ageing.queue is null or not tusk.is_name(set_ageing.queue) then
        perform tusk.refuse(
            '#/queue', 'a queue''s name must be 1 to 128 ASCII letters, digits, ''_'', ''.'', '':'' or ''-'''
        );
    elsif not isfinite(set_ageing.ageing) or time_ms not between 1000 and 604800000 then
        perform tusk.refuse('#/ageing', 'ageing must be from 1 s to 7 days');
    end if;
    insert into tusk.queue as present (name, ageing_ms)
    values (set_ageing.queue, time_ms)
    on conflict on constraint queue_pkey do update
    set ageing_ms = excluded.ageing_ms;
end
$$;

comment on function tusk.set_ageing is
'Lets jobs of a queue go up a band each time they have waited so long; null: never.';

create function tusk.age_jobs(
    home smallint, jobs_most integer, out moved integer, out queues text [], out any_ages boolean
) returns record
language sql volatile
set search_path = pg_catalog, pg_temp
begin atomic
    with ageing as materialized (
        select queue.name, queue.ageing_ms * interval '1 ms' as time
        from tusk.queue as queue
        where queue.ageing_ms is not null
    ),
    old as materialized (
        select first.place
        from ageing
        cross join generate_series(1, 9) as band (priority)
        cross join lateral (
            select plain.*
            from (
                select waiting.ctid as place, waiting.id, waiting.available_at
                from tusk.ready as waiting
                where
                    waiting.shard = age_jobs.home and waiting.queue = ageing.name
                    and waiting.priority = band.priority and not waiting.gated and waiting.turn_key = ''
                order by waiting.rank
                limit age_jobs.jobs_most
                for update skip locked
            ) as plain
            union all
            select gated.*
            from (
                select waiting.ctid as place, waiting.id, waiting.available_at
                from tusk.ready as waiting
                where
                    waiting.shard = age_jobs.home and waiting.queue = ageing.name
                    and waiting.priority = band.priority and waiting.gated and waiting.turn_key = ''
                order by waiting.rank
                limit age_jobs.jobs_most
                for update skip locked
            ) as gated
            union all
            select fair.*
            from (
                select waiting.ctid as place, waiting.id, waiting.available_at
                from tusk.ready as waiting
                where
                    waiting.shard = age_jobs.home and waiting.queue = ageing.name
                    and waiting.priority = band.priority and waiting.turn_key <> ''
                order by waiting.rank
                limit age_jobs.jobs_most
                for update skip locked
            ) as fair
        ) as first
        cross join lateral (
            select job.priority
            from tusk.job as job
            where job.shard = age_jobs.home and job.id = first.id
            limit 1
        ) as own
        where first.available_at <= now() - ageing.time * (1 + own.priority - band.priority)
    ),
    gone as (
        delete from tusk.ready as waiting
        where waiting.ctid = any (array(select old.place from old))
        returning waiting.*
    ),
    entered as (
        insert into tusk.ready (
            shard, priority, attempt, interruptions, gated, released, args_bytes, id, last_lease, available_at,
            turn_key, queue, kind
        )
        select
            line.shard, line.priority - 1, line.attempt, line.interruptions, line.gated, line.released,
            line.args_bytes, line.id, line.last_lease, line.available_at, line.turn_key, line.queue, line.kind
        from (select gone.* from gone order by gone.priority, gone.rank) as line
        returning queue
    )
    select
        (select count(*)::integer from entered),
        array(select distinct entered.queue from entered),
        exists (select from ageing);
end;

comment on function tusk.age_jobs is
'Moves jobs that have waited long up a band, at most so many of each; how many, their queues, and whether any queue has
jobs age.';
