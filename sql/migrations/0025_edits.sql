-- Edits: what an operator changes about a job that waits.
-- Why: a job in the wrong queue, too late or too urgent should not have to be cancelled and enqueued again.
-- Locks: only new objects. Cost on 10 million rows: none.
--
-- The row that holds the waiting job is deleted and inserted again by the transaction that changes its facts: a claim
-- that does not see the new facts does not see the new row either, and takes the old row only where it was first, and
-- then the edit finds that the job runs. What stays in its line keeps its place there; what changes its queue or band
-- goes to the end of the line it comes to. Limits of the new queue are judged by the claim that reaches the job.
-- A row that comes back with its old rank is no danger to the cursors of workers: they move up to a rank only when
-- every transaction that was writing at the time has ended, and start from zero every few seconds.

create function tusk.merge_json(target json, patch json) returns json
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    if json_typeof(patch) <> 'object' then
        return patch;
    end if;
    return (
        select
            '{' || coalesce(string_agg(to_json(member.key)::text || ':' || member.value::text, ','
                order by member.old_place nulls last, member.new_place), '') || '}'
        from (
            select
                coalesce(old.key, new.key) as key,
                case when new.key is null then old.value else tusk.merge_json(old.value, new.value) end as value,
                old.place as old_place,
                new.place as new_place
            from json_each(case when json_typeof(target) = 'object' then target else '{}' end) with ordinality
                as old (key, value, place)
            full join json_each(patch) with ordinality as new (key, value, place) on new.key = old.key
            where new.key is null or json_typeof(new.value) <> 'null'
        ) as member
    )::json;
end
$$;

comment on function tusk.merge_json is
'A JSON value changed by a merge patch, as RFC 7396 has it; what the patch does not name stays as it is written.';

create function tusk.check_edit(
    fields text [], queue text, priority integer, run_at timestamptz, max_attempts integer, tags text [], args json
) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
    field text;
begin
    foreach field in array fields loop
        if field not in ('queue', 'priority', 'run_at', 'max_attempts', 'tags', 'args') then
            perform tusk.refuse('#/' || field, format('%s of a job cannot be changed', left(field, 64)));
        end if;
    end loop;
    if 'queue' = any (fields) and tusk.is_name(queue) is not true then
        perform tusk.refuse(
            '#/queue', 'queue must be 1 to 128 ASCII letters, digits, ''_'', ''.'', '':'' or ''-'''
        );
    elsif 'priority' = any (fields) and coalesce(priority not between 0 and 9, true) then
        perform tusk.refuse('#/priority', 'priority must be a whole number from 0 to 9');
    elsif 'max_attempts' = any (fields) and coalesce(max_attempts not between 1 and 1000, true) then
        perform tusk.refuse('#/max_attempts', 'max_attempts must be a whole number from 1 to 1000');
    elsif 'run_at' = any (fields) and (
        not isfinite(run_at) or run_at < '2000-01-01 00:00:00+00' or run_at >= '2201-01-01 00:00:00+00'
    ) then
        perform tusk.refuse('#/run_at', 'run_at must lie in the years 2000 to 2200');
    elsif 'tags' = any (fields) and cardinality(tags) > 16 then
        perform tusk.refuse('#/tags', 'tags must be an array of at most 16 names');
    elsif 'tags' = any (fields) and (
        cardinality(tags) > (select count(distinct tag.name) from unnest(tags) as tag (name))
    ) then
        perform tusk.refuse('#/tags', 'tags must all be different');
    elsif 'tags' = any (fields) and exists (
        select from unnest(tags) as tag (name) where tusk.is_name(tag.name) is not true
    ) then
        perform tusk.refuse('#/tags', 'tags must each be 1 to 128 letters, digits or _ . : -');
    elsif 'args' = any (fields) and args is null then
        perform tusk.refuse('#/args', 'args must be a JSON value');
    end if;
    if 'args' = any (fields) then
        perform tusk.check_json('#/args', args, 65536);
    end if;
end
$$;

comment on function tusk.check_edit is 'Refuses an edit that no job could have been enqueued with.';

create function tusk.lock_edited_key(job_id bigint, args json, out old_hash bytea, out new_hash bytea) returns record
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
    home constant smallint := job_id & 1023;
    facts record;
    wish record;
    hash bytea;
begin
    select job.kind, job.args, job.uniqueness into facts
    from tusk.job as job
    where job.shard = home and job.id = job_id;
    if facts.uniqueness is null then
        return;
    end if;
    select given.* into wish from tusk.read_unique('#/unique', facts.uniqueness) as given;
    old_hash := tusk.unique_hash(facts.kind, facts.args, wish.key, wish.paths);
    new_hash := tusk.unique_hash(facts.kind, args, wish.key, wish.paths);
    if old_hash = new_hash then
        old_hash := null;
        new_hash := null;
        return;
    end if;
    for hash in select given.hash from unnest(array[old_hash, new_hash]) as given (hash) order by given.hash loop
        perform tusk.lock_unique_key(home, hash, 'finished', null);
    end loop;
    -- Whoever changes what makes a job unique holds the row of its key.
    if old_hash is distinct from (
        select tusk.unique_hash(job.kind, job.args, wish.key, wish.paths)
        from tusk.job as job
        where job.shard = home and job.id = job_id
    ) then
        raise exception using errcode = 'TK004', message = 'another transaction is changing the job';
    end if;
    -- A job that gave its key up, or never had it, takes no other.
    if not exists (
        select from tusk.unique_key as kept
        where
            kept.shard = home and kept.key_hash = old_hash and kept.id = job_id
            and tusk.holds_unique(home, job_id, kept.until, kept.expires_at)
    ) then
        old_hash := null;
        new_hash := null;
    end if;
end
$$;

comment on function tusk.lock_edited_key is
'Locks the unique key that a job holds and the one it would have with other args, in their order; nulls: it is one, or
it holds none.';

create function tusk.move_unique(job_id bigint, old_hash bytea, new_hash bytea) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
    home constant smallint := job_id & 1023;
    held tusk.unique_key;
    holder bigint;
begin
    delete from tusk.unique_key as kept
    where kept.shard = home and kept.key_hash = old_hash and kept.id = job_id
    returning kept.* into held;
    holder := tusk.take_unique(home, new_hash, held.until, held.expires_at, job_id);
    if holder is not null then
        raise exception using
            errcode = 'TK003', message = format('its unique key is held by job %s', holder),
            detail = 'Field: #/args';
    end if;
end
$$;

comment on function tusk.move_unique is
'Gives a job that waits the unique key of its new args for that of its old ones; raises TK003 when another has it.';

create function tusk.take_waiting(
    job_id bigint,
    out place text,
    out priority smallint,
    out attempt smallint,
    out interruptions smallint,
    out released boolean,
    out gated boolean,
    out rank bigint,
    out last_lease bigint,
    out since timestamptz,
    out due_at timestamptz,
    out reason text,
    out key text,
    out queue text,
    out ended text
) returns record
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    home constant smallint := take_waiting.job_id & 1023;
begin
    -- A job that goes from one table to another meanwhile is found in the next round; one that is claimed is not.
    for round in 1..3 loop
        delete from tusk.scheduled as waiting
        where waiting.shard = home and waiting.id = take_waiting.job_id
        returning 'scheduled', waiting.priority, waiting.attempt, 0, waiting.gated, waiting.last_lease,
            waiting.due_at, waiting.queue
        into place, priority, attempt, interruptions, gated, last_lease, due_at, queue;
        exit when found;
        delete from tusk.ready as waiting
        where waiting.shard = home and waiting.id = take_waiting.job_id
        returning 'ready', waiting.priority, waiting.attempt, waiting.interruptions, waiting.released, waiting.gated,
            waiting.rank, waiting.last_lease, waiting.available_at, waiting.queue
        into place, priority, attempt, interruptions, released, gated, rank, last_lease, since, queue;
        exit when found;
        delete from tusk.blocked as waiting
        where waiting.shard = home and waiting.id = take_waiting.job_id
        returning 'blocked', waiting.priority, waiting.attempt, waiting.interruptions, waiting.rank,
            waiting.last_lease, waiting.blocked_at, waiting.due_at, waiting.reason, waiting.key, waiting.queue
        into place, priority, attempt, interruptions, rank, last_lease, since, due_at, reason, key, queue;
        exit when found;
        select 'running' into ended
        from tusk.lease as lease
        where
            lease.shard = home and take_waiting.job_id = any (lease.ids)
            and (
                lease.done is null
                or get_bit(lease.done, array_position(lease.ids, take_waiting.job_id) - 1) = 0
            );
        exit when found;
        select outcome.state::text into ended
        from tusk.outcome as outcome
        where outcome.shard = home and outcome.id = take_waiting.job_id;
        exit when found;
    end loop;
end
$$;

comment on function tusk.take_waiting is
'Takes a waiting job out of the table that holds it, for the caller to put it back in the same transaction. Where it is
not waiting: place is null, and ended says whether it runs or how it ended; null: there is no such job.';

create function tusk.hold_waiting(job_id bigint) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '1s'
as $$
declare
    home constant smallint := hold_waiting.job_id & 1023;
begin
    perform tusk.lock_line(hold_waiting.job_id);
    -- As in take_waiting.
    for round in 1..3 loop
        perform from tusk.scheduled as waiting
        where waiting.shard = home and waiting.id = hold_waiting.job_id
        for update;
        exit when found;
        perform from tusk.ready as waiting
        where waiting.shard = home and waiting.id = hold_waiting.job_id
        for update;
        exit when found;
        perform from tusk.blocked as waiting
        where waiting.shard = home and waiting.id = hold_waiting.job_id
        for update;
        exit when found;
    end loop;
end
$$;

comment on function tusk.hold_waiting is
'Keeps a job that waits where it is, unclaimed, until the transaction ends.';

create function tusk.edit_job(
    job_id bigint,
    fields text [],
    queue text default null,
    priority integer default null,
    run_at timestamptz default null,
    max_attempts integer default null,
    tags text [] default null,
    args json default null,
    is_merged boolean default false,
    out answer text,
    out woken text
) returns record
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '1s'
as $$
#variable_conflict use_variable
declare
    home constant smallint := job_id & 1023;
    moment constant timestamptz := clock_timestamp();
    old_hash bytea;
    new_hash bytea;
    was record;
    facts record;
    base json;
    due timestamptz;
    moves_queue boolean;
    moves boolean;
begin
    perform tusk.check_edit(fields, queue, priority, run_at, max_attempts, tags, args);
    if 'args' = any (fields) then
        if is_merged then
            select job.args into base from tusk.job as job where job.shard = home and job.id = job_id;
            if base is null then
                answer := 'not_found';
                return;
            end if;
            args := tusk.merge_json(base, args);
            perform tusk.check_json('#/args', args, 65536);
        end if;
        -- Before the row of the job, as an enqueue does that replaces it.
        select given.old_hash, given.new_hash into old_hash, new_hash from tusk.lock_edited_key(job_id, args) as given;
    end if;
    perform tusk.lock_line(job_id);
    select taken.* into was from tusk.take_waiting(job_id) as taken;
    if was.place is null then
        answer := coalesce(was.ended, 'not_found');
        return;
    end if;
    select
        job.priority, job.start_by, job.finish_by, job.args,
        num_nonnulls(job.limit_keys, job.order_key, job.start_by, job.fair_key) > 0 as is_gated,
        tusk.turn_key(job.fair_key, job.finish_by) as turn_key
    into facts
    from tusk.job as job
    where job.shard = home and job.id = job_id;
    if base::text <> facts.args::text then
        raise exception using errcode = 'TK004', message = 'another transaction is changing the job';
    end if;
    due := case when 'run_at' = any (fields) then run_at else was.due_at end;
    due := case when due > moment then due end;

    if 'max_attempts' = any (fields) and max_attempts <= was.attempt then
        perform tusk.refuse(
            '#/max_attempts', format('max_attempts must be more than the %s attempts already used', was.attempt)
        );
    elsif 'run_at' = any (fields) and due is not null then
        if was.interruptions > 0 then
            perform tusk.refuse('#/run_at', 'run_at cannot be later for a job that lost its lease: it runs alone next');
        elsif was.last_lease = 0 and due >= facts.start_by then
            perform tusk.refuse('#/run_at', format('run_at must be before start_by, which is %s', facts.start_by));
        elsif due >= facts.finish_by then
            perform tusk.refuse('#/run_at', format('run_at must be before finish_by, which is %s', facts.finish_by));
        end if;
    end if;

    if new_hash is not null then
        perform tusk.move_unique(job_id, old_hash, new_hash);
    end if;
    moves_queue := 'queue' = any (fields) and queue <> was.queue;
    moves := moves_queue or 'priority' = any (fields) and (priority <> was.priority or priority <> facts.priority);
    queue := case when moves_queue then queue else was.queue end;
    priority := case when 'priority' = any (fields) then priority else was.priority end;
    update tusk.job as job
    set
        queue = edit_job.queue,
        priority = case when 'priority' = any (fields) then edit_job.priority else job.priority end,
        max_attempts = case when 'max_attempts' = any (fields) then edit_job.max_attempts else job.max_attempts end,
        tags = case when 'tags' = any (fields) then nullif(edit_job.tags, '{}') else job.tags end,
        args = case when 'args' = any (fields) then edit_job.args else job.args end,
        args_bytes = case
            when 'args' = any (fields) then octet_length(edit_job.args::text) else job.args_bytes
        end
    where job.shard = home and job.id = job_id;

    if was.reason = 'order' or (
        was.reason = 'limit' and due is null and not (moves_queue and was.key = 'queue:' || was.queue)
    ) then
        insert into tusk.blocked (
            shard, priority, attempt, interruptions, args_bytes, rank, id, last_lease, blocked_at, due_at, reason, key,
            turn_key, queue, kind
        )
        select
            home, priority, was.attempt, was.interruptions, job.args_bytes,
            case when was.reason = 'limit' and moves then nextval('tusk.rank') else was.rank end,
            job_id, was.last_lease, was.since, due, was.reason, was.key, facts.turn_key, queue, job.kind
        from tusk.job as job
        where job.shard = home and job.id = job_id;
        answer := 'blocked';
    elsif due is not null then
        insert into tusk.scheduled (
            shard, priority, attempt, gated, args_bytes, due_at, id, last_lease, turn_key, queue, kind
        )
        select
            home, priority, was.attempt, facts.is_gated, job.args_bytes, due, job_id, was.last_lease, facts.turn_key,
            queue, job.kind
        from tusk.job as job
        where job.shard = home and job.id = job_id;
        answer := case when was.last_lease = 0 then 'scheduled' else 'retryable' end;
    else
        moves := moves or was.place <> 'ready';
        insert into tusk.ready (
            shard, priority, attempt, interruptions, gated, released, args_bytes, rank, id, last_lease, available_at,
            turn_key, queue, kind
        )
        select
            home, priority, was.attempt, was.interruptions,
            case when moves then facts.is_gated else was.gated end,
            not moves and was.released, job.args_bytes,
            case when moves then nextval('tusk.rank') else was.rank end,
            job_id, was.last_lease, case when moves then moment else was.since end, facts.turn_key, queue, job.kind
        from tusk.job as job
        where job.shard = home and job.id = job_id;
        answer := 'available';
        woken := case when moves then queue end;
    end if;
end
$$;

comment on function tusk.edit_job is
'Changes the named fields of a job that waits: queue, priority, run_at (null: at once), max_attempts, tags, args (a
merge patch when is_merged). Answers its state: scheduled, available, retryable or blocked, and woken, the queue whose
line it came into; or running, completed, cancelled, discarded, not_found, and nothing is changed. Raises 22023 and
names the field where a change is not possible, TK003 when another job holds the unique key of the new args.';
