-- Breakers: a resource that is unavailable is not asked by every job in turn.
-- Why: while it is down its jobs wait without losing attempts, and when it is back they come in growing waves.
-- Locks: only new objects. Cost on 10 million rows: none, the table of 0008 is new.
--
-- A job that finds its resource unavailable says so before its attempt ends (note_unavailable). After breaker_failures
-- of these in a row, for a key, the breaker opens: no job with the key starts until breaker_hold_ms have passed. Then
-- one does (wave 0 with probe_at in the past counts as 1); when as many succeeded as the wave has, twice as many may
-- run, and behind the wave of 64, or when nothing was heard for an hour, it is closed: its row goes. Whoever fails
-- meanwhile opens it again, for twice as long each time, 16 times as long at most. What limits say besides holds all
-- the time.
-- Successes are counted after the commit that ended the jobs, by who calls release_limited_by, and only while there are
-- rows. One that is lost in a crash delays a wave by one job.

create function tusk.note_unavailable(job_id bigint, key text, reason text, hold interval default null)
returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
    -- Failures that are older do not count with new ones.
    memory constant interval := '1 hour';
    -- How many times as long as the first time a breaker may stay open.
    stretch_most constant integer := 16;
    home constant smallint := job_id & 1023;
    moment constant timestamptz := clock_timestamp();
    given record;
    is_covered boolean := false;
begin
    if hold not between interval '0 s' and interval '1 day' then
        perform tusk.refuse('#/hold', 'hold must be from 0 s to 1 day');
    end if;
    for given in
        select named.key, spec.breaker_failures as most, spec.breaker_hold_ms * interval '1 ms' as pause
        from tusk.job as job
        cross join lateral unnest(
            array['queue:' || job.queue, 'kind:' || job.kind] || coalesce(job.limit_keys, '{}')
        ) as named (key)
        cross join lateral (
            select own.breaker_failures, own.breaker_hold_ms
            from tusk.key_limit as own
            where own.key in (named.key, tusk.key_class(named.key)) and own.breaker_failures is not null
            order by own.key = named.key desc
            limit 1
        ) as spec
        where
            job.shard = home and job.id = job_id
            and (note_unavailable.key is null or named.key = note_unavailable.key)
        order by named.key
    loop
        is_covered := true;
        insert into tusk.breaker as kept (shard, failures, updated_at, key, reason)
        values (home, 1, moment, given.key, left(note_unavailable.reason, 500))
        on conflict on constraint breaker_pkey do update
        set
            failures = case
                when kept.wave is null and kept.updated_at < moment - memory then 1
                else kept.failures + 1
            end,
            updated_at = moment,
            reason = excluded.reason;
        update tusk.breaker as kept
        set
            wave = 0,
            passed = 0,
            opened_at = coalesce(kept.opened_at, moment),
            openings = kept.openings + (kept.wave is not null)::integer,
            probe_at = moment + greatest(
                hold,
                given.pause * least(stretch_most, 2 ^ least(10, kept.openings + (kept.wave is not null)::integer))
            )
        where
            kept.shard = home and kept.key = given.key
            -- Those that were under way when it opened say nothing new.
            and case when kept.wave is null then kept.failures >= given.most else kept.probe_at <= moment end;
        if hold is not null then
            update tusk.breaker as kept
            set probe_at = greatest(kept.probe_at, moment + hold)
            where kept.shard = home and kept.key = given.key and kept.wave = 0;
        end if;
    end loop;
    return is_covered;
end
$$;

comment on function tusk.note_unavailable is
'Counts a job that found its resource unavailable, for one of its keys or for all that have a breaker; hold: for how
long the resource wants to be left alone. False: none of them has a breaker.';

create function tusk.pass_breakers(home smallint, ids bigint []) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    -- Behind a wave of so many it is closed.
    wave_most constant integer := 64;
    moment constant timestamptz := clock_timestamp();
    good record;
begin
    for good in
        select named.key, count(*)::integer as jobs
        from unnest(ids) as ended (id)
        cross join lateral (
            select job.queue, job.kind, job.limit_keys
            from tusk.job as job
            where job.shard = home and job.id = ended.id
            limit 1
        ) as job
        cross join lateral unnest(
            array['queue:' || job.queue, 'kind:' || job.kind] || coalesce(job.limit_keys, '{}')
        ) as named (key)
        where
            exists (select from tusk.breaker as kept where kept.shard = home and kept.key = named.key)
            and exists (
                select from tusk.outcome as outcome
                where outcome.shard = home and outcome.id = ended.id and outcome.state = 'completed'
            )
        group by named.key
        order by named.key
    loop
        delete from tusk.breaker as kept
        where
            kept.shard = home and kept.key = good.key
            and (kept.wave is null or kept.wave >= wave_most and kept.passed + good.jobs >= kept.wave);
        continue when found;
        update tusk.breaker as kept
        set
            wave = case when kept.passed + good.jobs >= kept.wave then greatest(kept.wave, 1) * 2 else kept.wave end,
            passed = case when kept.passed + good.jobs >= kept.wave then 0 else kept.passed + good.jobs end,
            updated_at = moment
        where kept.shard = home and kept.key = good.key and kept.probe_at <= moment;
    end loop;
end
$$;

comment on function tusk.pass_breakers is
'Counts jobs that completed for the breakers of their keys: lets the next wave go, and closes them in the end.';

create function tusk.close_breakers(key text) returns bigint
language sql volatile
set search_path = pg_catalog, pg_temp
begin atomic
    with gone as (
        delete from tusk.breaker as kept
        where
            kept.key = close_breakers.key
            or close_breakers.key like '%:*' and tusk.key_class(kept.key) = close_breakers.key
        returning 1
    )
    select count(*) from gone;
end;

comment on function tusk.close_breakers is
'Forgets the failures of a key, or of all keys of a class, so that their jobs start again; how many.';

create function tusk.prune_breakers(rows_most integer) returns bigint
language sql volatile
set search_path = pg_catalog, pg_temp
begin atomic
    with gone as (
        delete from tusk.breaker as breaker
        where breaker.ctid = any (array(
            select old.ctid
            from tusk.breaker as old
            where coalesce(old.wave, 1) > 0 and old.updated_at < now() - interval '1 hour'
            limit prune_breakers.rows_most
            for update skip locked
        ))
        returning 1
    )
    select count(*) from gone;
end;

comment on function tusk.prune_breakers is
'Removes rows of breakers that are not open and of which nothing was heard for an hour; how many.';
