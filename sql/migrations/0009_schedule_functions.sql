-- Schedules from SQL: put, pause, resume, run, remove; and which jobs still live.
-- Why: the rules are those of PUT /v1/schedules/{name}. Cron text and time zone are read by the scheduler, which writes
-- a fault into the row when it cannot; all else is checked here.
-- Locks: only new objects. Cost on 10 million rows: none.

create function tusk.live_jobs(jobs bigint []) returns setof bigint
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    select job.id
    from unnest(live_jobs.jobs) as job (id)
    where
        exists (select from tusk.ready as ready where ready.id = job.id)
        or exists (select from tusk.scheduled as scheduled where scheduled.id = job.id)
        or exists (select from tusk.blocked as blocked where blocked.id = job.id)
    union
    -- One look at the leases for all of them: there are few, and their ids lie out of line.
    select held.id
    from tusk.lease as lease
    cross join lateral unnest(lease.ids) with ordinality as held (id, position)
    where
        lease.ids && live_jobs.jobs
        and held.id = any (live_jobs.jobs)
        and (lease.done is null or get_bit(lease.done, held.position::integer - 1) = 0);
end;

comment on function tusk.live_jobs is 'Which of these jobs wait or run.';

create function tusk.check_schedule_job(job json) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    field text;
begin
    if job is null then
        perform tusk.refuse('#/job', 'job is required');
    elsif json_typeof(job) <> 'object' then
        perform tusk.refuse('#/job', 'job must be a JSON object');
    end if;
    perform tusk.check_keys('#/job', job);
    foreach field in array array['run_at', 'delay_seconds', 'start_by', 'finish_by', 'idempotency_key'] loop
        if job -> field is not null then
            perform tusk.refuse(
                '#/job/' || field, format('%s cannot be given for the job of a schedule', field)
            );
        end if;
    end loop;
    perform tusk.check_kind_of('#/job', job);
    if job #>> '{unique,on_conflict}' = 'reject' then
        perform tusk.refuse(
            '#/job/unique/on_conflict', 'on_conflict cannot be reject for the job of a schedule'
        );
    end if;
    -- The rules are those of an enqueue, so one is made and undone.
    begin
        perform tusk.enqueue_one(
            pointer => '#/job',
            kind => job ->> 'kind',
            args => job -> 'args',
            queue => job ->> 'queue',
            priority => (job ->> 'priority')::integer,
            run_at => null,
            delay => null,
            max_attempts => (job ->> 'max_attempts')::integer,
            retry => job -> 'retry',
            timeout => (job ->> 'timeout_seconds')::numeric * interval '1 second',
            tags => (select array_agg(tag.name) from json_array_elements_text(job -> 'tags') as tag (name)),
            metadata => job -> 'metadata',
            traceparent => job ->> 'traceparent',
            limits => job -> 'limits',
            uniqueness => job -> 'unique',
            ordering => job -> 'order',
            start_by => null,
            start_within => (job ->> 'start_within_seconds')::numeric * interval '1 second',
            fair_key => job ->> 'fair_key',
            finish_by => null,
            finish_within => (job ->> 'finish_within_seconds')::numeric * interval '1 second',
            idempotency_key => null
        );
        raise exception using errcode = 'TK000';
    exception
        when sqlstate 'TK000' then null;
    end;
end
$$;

comment on function tusk.check_schedule_job is 'Refuses a job that the HTTP API would refuse for a schedule.';

create function tusk.store_schedule(
    name text,
    cron text,
    time_zone text,
    job json,
    jitter_ms integer,
    overlap text,
    catch_up text,
    catch_up_max integer,
    catch_up_window_ms bigint,
    next_tick_at timestamptz,
    due_at timestamptz
) returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    moment constant timestamptz := tusk.schedule_clock();
    stored record;
begin
    insert into tusk.schedule as schedule (
        name, cron, time_zone, job, jitter_ms, overlap, catch_up, catch_up_max, catch_up_window_ms, next_tick_at,
        due_at, created_at, updated_at
    ) values (
        store_schedule.name, store_schedule.cron, store_schedule.time_zone, store_schedule.job,
        store_schedule.jitter_ms, store_schedule.overlap, store_schedule.catch_up, store_schedule.catch_up_max,
        store_schedule.catch_up_window_ms, store_schedule.next_tick_at,
        coalesce(store_schedule.due_at, '-infinity'), moment, moment
    )
    on conflict (name) do nothing;
    if found then
        return true;
    end if;
    select old.cron, old.time_zone, old.next_tick_at, old.fault, old.paused_at into stored
    from tusk.schedule as old
    where old.name = store_schedule.name
    for no key update;
    if not found then
        -- It was removed at this moment, so it can be created.
        return tusk.store_schedule(
            name, cron, time_zone, job, jitter_ms, overlap, catch_up, catch_up_max, catch_up_window_ms, next_tick_at,
            due_at
        );
    end if;
    -- The same rule goes on where it is: what is due and has not fired yet still does.
    if stored.cron = store_schedule.cron and stored.time_zone = store_schedule.time_zone and stored.fault is null then
        update tusk.schedule as schedule
        set
            job = store_schedule.job, jitter_ms = store_schedule.jitter_ms, overlap = store_schedule.overlap,
            catch_up = store_schedule.catch_up, catch_up_max = store_schedule.catch_up_max,
            catch_up_window_ms = store_schedule.catch_up_window_ms, revision = schedule.revision + 1,
            due_at = '-infinity', updated_at = case when schedule.next_tick_at is null then schedule.updated_at
                else moment end
        where schedule.name = store_schedule.name;
        return false;
    end if;
    -- A new rule starts now. What the old one had planned and nobody fired gets its outcome here.
    if stored.next_tick_at <= moment then
        insert into tusk.tick (schedule, planned_at, planned_until, ticks, recorded_at, outcome)
        values (
            store_schedule.name, stored.next_tick_at, moment, null, moment,
            case when stored.paused_at is null then 'missed' else 'paused' end
        )
        on conflict (schedule, planned_at, is_manual) do nothing;
    end if;
    update tusk.schedule as schedule
    set
        cron = store_schedule.cron, time_zone = store_schedule.time_zone, job = store_schedule.job,
        jitter_ms = store_schedule.jitter_ms, overlap = store_schedule.overlap, catch_up = store_schedule.catch_up,
        catch_up_max = store_schedule.catch_up_max, catch_up_window_ms = store_schedule.catch_up_window_ms,
        revision = schedule.revision + 1, next_tick_at = store_schedule.next_tick_at,
        due_at = coalesce(store_schedule.due_at, '-infinity'), fault = null, updated_at = moment
    where schedule.name = store_schedule.name;
    return false;
end
$$;

comment on function tusk.store_schedule
is 'The work of tusk.put_schedule, after the checks. Without a next tick the scheduler finds it.';

create function tusk.put_schedule(
    name text,
    cron text,
    job json,
    time_zone text default 'UTC',
    jitter interval default '0',
    overlap text default 'allow',
    catch_up text default 'one',
    catch_up_max integer default null,
    catch_up_window interval default null
) returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    words text [];
    jitter_ms bigint := (extract(epoch from coalesce(jitter, '0')) * 1000)::bigint;
    window_ms bigint := (extract(epoch from catch_up_window) * 1000)::bigint;
begin
    time_zone := coalesce(time_zone, 'UTC');
    overlap := coalesce(overlap, 'allow');
    catch_up := coalesce(catch_up, 'one');
    words := regexp_split_to_array(btrim(cron, E' \t'), '[ \t]+');
    if name is null or not tusk.is_name(name) then
        perform tusk.refuse('#/name', 'name must be 1 to 128 ASCII letters, digits, ''_'', ''.'', '':'' or ''-''');
    elsif cron is null then
        perform tusk.refuse('#/cron', 'cron is required');
    elsif octet_length(cron) > 768 or cron !~ '^[ -~\t]*$' then
        perform tusk.refuse('#/cron', 'cron must be at most 768 ASCII characters');
    elsif cardinality(words) not in (5, 6) and words[1] not like '@%' then
        perform tusk.refuse('#/cron', 'cron must have five fields, or six with seconds first');
    elsif time_zone !~ '^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$' or octet_length(time_zone) > 64 then
        perform tusk.refuse('#/time_zone', 'time_zone must be the name of a time zone, such as Europe/Rome');
    elsif jitter_ms not between 0 and 86400000 then
        perform tusk.refuse('#/jitter_seconds', 'jitter_seconds must be a number from 0 to 86400');
    elsif overlap not in ('allow', 'skip', 'queue_one', 'cancel_previous') then
        perform tusk.refuse('#/overlap', 'overlap must be one of allow, skip, queue_one, cancel_previous');
    elsif catch_up not in ('skip', 'one', 'all') then
        perform tusk.refuse('#/catch_up', 'catch_up must be one of skip, one, all');
    elsif catch_up_max is not null and catch_up <> 'all' then
        perform tusk.refuse('#/catch_up_max', 'catch_up_max can only be given with catch_up all');
    elsif catch_up_max not between 1 and 1000 then
        perform tusk.refuse('#/catch_up_max', 'catch_up_max must be a whole number from 1 to 1000');
    elsif window_ms is not null and catch_up = 'skip' then
        perform tusk.refuse(
            '#/catch_up_window_seconds', 'catch_up_window_seconds cannot be given with catch_up skip'
        );
    elsif window_ms not between 1000 and 31622400000 then
        perform tusk.refuse(
            '#/catch_up_window_seconds', 'catch_up_window_seconds must be a number from 1 to 31622400'
        );
    end if;
    perform tusk.check_schedule_job(job);
    return tusk.store_schedule(
        name, array_to_string(words, ' '), time_zone, job, jitter_ms::integer, overlap, catch_up,
        case when catch_up = 'all' then coalesce(catch_up_max, 100) end, window_ms, null, null
    );
end
$$;

comment on function tusk.put_schedule is
'Creates or replaces a schedule; true: it is new. A fault of cron or time_zone shows in its row within seconds.';

create function tusk.pause_schedule(name text, paused_by text default current_user, reason text default null)
returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    -- The revision grows, so that a tick that is about to fire at this moment does not any more.
    update tusk.schedule as schedule
    set
        paused_at = tusk.schedule_clock(), paused_by = pause_schedule.paused_by, pause_reason = pause_schedule.reason,
        revision = schedule.revision + 1
    where schedule.name = pause_schedule.name and schedule.paused_at is null;
    return found or exists (select from tusk.schedule as schedule where schedule.name = pause_schedule.name);
end
$$;

comment on function tusk.pause_schedule
is 'No tick fires any more; one that is paused keeps its first record. False: there is no such schedule.';

create function tusk.resume_schedule(name text) returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    update tusk.schedule as schedule
    set
        paused_at = null, paused_by = null, pause_reason = null, paused_until = tusk.schedule_clock(),
        revision = schedule.revision + 1, due_at = '-infinity'
    where schedule.name = resume_schedule.name and schedule.paused_at is not null;
    return found or exists (select from tusk.schedule as schedule where schedule.name = resume_schedule.name);
end
$$;

comment on function tusk.resume_schedule
is 'Lets ticks fire again from now on; those that passed meanwhile do not. False: there is no such schedule.';

create function tusk.remove_schedule(name text) returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    gone record;
begin
    delete from tusk.schedule as schedule
    where schedule.name = remove_schedule.name
    returning schedule.pending_tick_at into gone;
    if not found then
        return false;
    end if;
    update tusk.tick as tick
    set outcome = 'skipped_overlap', queued_at = tick.recorded_at, recorded_at = now()
    where tick.schedule = remove_schedule.name and tick.planned_at = gone.pending_tick_at and tick.outcome = 'queued';
    return true;
end
$$;

comment on function tusk.remove_schedule
is 'Removes a schedule; its ticks stay until they are pruned. False: there was none.';

create function tusk.run_schedule(name text, requested_by text default current_user) returns bigint
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    moment constant timestamptz := clock_timestamp();
    job json;
    enqueued bigint;
begin
    select schedule.job into job
    from tusk.schedule as schedule
    where schedule.name = run_schedule.name
    for no key update;
    if not found then
        return null;
    end if;
    select ids.id into enqueued from tusk.enqueue_many(json_build_array(job)) as ids (id);
    update tusk.schedule as schedule set last_job_id = enqueued where schedule.name = run_schedule.name;
    insert into tusk.tick (schedule, planned_at, is_manual, planned_until, recorded_at, outcome, job_id, requested_by)
    values (run_schedule.name, moment, true, moment, moment, 'fired', enqueued, run_schedule.requested_by);
    return enqueued;
end
$$;

comment on function tusk.run_schedule is
'Enqueues the job of a schedule now, paused or not, whatever its overlap policy. Null: there is no such schedule.';
