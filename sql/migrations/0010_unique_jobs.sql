-- Unique jobs: at most one that is not over for each key.
-- Why: the primary key of tusk.unique_key decides, not a query. Whether the job that holds a key still does is asked
-- only when another one comes, so that claiming and settling have nothing to do with it.
-- Locks: only new objects. Cost on 10 million rows: none, the table is new.

create table tusk.unique_key (
    shard smallint not null default 0,
    id bigint not null,
    expires_at timestamptz,
    key_hash bytea not null,
    until text collate "C" not null,
    constraint unique_key_pkey primary key (shard, key_hash),
    constraint unique_key_hash_length check (octet_length(key_hash) = 32),
    constraint unique_key_until_known check (until in ('started', 'finished', 'success', 'time')),
    constraint unique_key_expiry check ((until = 'time') = (expires_at is not null))
) with (
    fillfactor = 80, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_threshold = -1
);

comment on table tusk.unique_key is 'The job that took each unique key last; it may have given it up.';
comment on column tusk.unique_key.shard is 'The shard of the job.';
comment on column tusk.unique_key.id is 'The job; 0 while the key is being taken for the first time.';
comment on column tusk.unique_key.expires_at is 'Until when it holds the key, for those held for a time.';
comment on column tusk.unique_key.key_hash is 'SHA-256 of the kind and the key, or of the kind and the chosen args.';
comment on column tusk.unique_key.until
is 'How long it holds the key: started, finished, success (in the end), or time.';

create function tusk.read_unique(
    pointer text,
    uniqueness json,
    out key text,
    out paths text [],
    out until text,
    out for_seconds numeric,
    out on_conflict text,
    out replaced text []
) returns record
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
    field record;
    choice text;
begin
    if json_typeof(uniqueness) <> 'object' then
        perform tusk.refuse(pointer, 'unique must be an object');
    end if;
    perform tusk.check_keys(pointer, uniqueness);
    for field in
        select member.key as name, member.value, json_typeof(member.value) as type
        from json_each(uniqueness) as member
    loop
        if field.name not in ('key', 'args', 'until', 'for_seconds', 'on_conflict', 'replace') then
            perform tusk.refuse(pointer || '/' || field.name, format('unique has no field %s', field.name));
        elsif field.name in ('key', 'until', 'on_conflict') and field.type <> 'string' then
            perform tusk.refuse(pointer || '/' || field.name, format('%s must be a string', field.name));
        elsif field.name in ('args', 'replace') and (
            field.type <> 'array'
            or json_array_length(field.value) > 16
            or exists (
                select from json_array_elements(field.value) as item (value) where json_typeof(item.value) <> 'string'
            )
        ) then
            perform tusk.refuse(
                pointer || '/' || field.name, format('%s must be an array of at most 16 strings', field.name)
            );
        elsif field.name = 'for_seconds' and field.type <> 'number' then
            perform tusk.refuse(pointer || '/for_seconds', 'for_seconds must be a number from 1 to 31536000');
        end if;
    end loop;
    key := uniqueness ->> 'key';
    for_seconds := (uniqueness ->> 'for_seconds')::numeric;
    until := coalesce(uniqueness ->> 'until', case when for_seconds is null then 'finished' else 'time' end);
    on_conflict := coalesce(uniqueness ->> 'on_conflict', 'return');
    if uniqueness -> 'args' is not null then
        paths := array(
            select distinct path.text collate "C"
            from json_array_elements_text(uniqueness -> 'args') as path (text)
            order by 1
        );
    end if;
    if uniqueness -> 'replace' is not null then
        replaced := array(select given.name from json_array_elements_text(uniqueness -> 'replace') as given (name));
    end if;

    if (key is null) = (paths is null) then
        perform tusk.refuse(pointer, 'unique needs either key or args');
    elsif octet_length(key) not between 1 and 255 then
        perform tusk.refuse(pointer || '/key', 'key must be 1 to 255 bytes');
    elsif exists (select from unnest(paths) as path (text) where path.text !~ '^(/|$)' or path.text ~ '~([^01]|$)') then
        perform tusk.refuse(pointer || '/args', 'args must be JSON pointers, such as /customer_id');
    elsif exists (select from unnest(paths) as path (text) where octet_length(path.text) > 255) then
        perform tusk.refuse(pointer || '/args', 'a pointer must be at most 255 bytes');
    elsif until not in ('started', 'finished', 'success') and uniqueness -> 'until' is not null then
        perform tusk.refuse(pointer || '/until', 'until must be one of started, finished, success');
    elsif for_seconds is not null and uniqueness -> 'until' is not null then
        perform tusk.refuse(pointer || '/for_seconds', 'for_seconds cannot be given together with until');
    elsif round(for_seconds, 6) not between 1 and 31536000 then
        perform tusk.refuse(pointer || '/for_seconds', 'for_seconds must be a number from 1 to 31536000');
    elsif on_conflict not in ('return', 'reject', 'replace') then
        perform tusk.refuse(pointer || '/on_conflict', 'on_conflict must be one of return, reject, replace');
    elsif on_conflict = 'replace' and coalesce(cardinality(replaced), 0) = 0 then
        perform tusk.refuse(pointer || '/replace', 'replace is required when on_conflict is replace');
    elsif on_conflict <> 'replace' and replaced is not null then
        perform tusk.refuse(pointer || '/replace', 'replace needs on_conflict to be replace');
    end if;
    foreach choice in array coalesce(replaced, '{}') loop
        if choice not in (
            'args', 'run_at', 'priority', 'max_attempts', 'retry', 'timeout_seconds', 'tags', 'metadata'
        ) then
            perform tusk.refuse(pointer || '/replace', format('%s cannot be replaced', left(choice, 64)));
        end if;
    end loop;
end
$$;

comment on function tusk.read_unique is 'The parts of a job''s uniqueness; refuses what is not right.';

create function tusk.unique_hash(kind text, args json, key text, paths text []) returns bytea
language sql immutable
set search_path = pg_catalog, pg_temp
return sha256(convert_to(json_build_array(kind, key, (
    select json_agg(
        json_build_array(
            path.text,
            args::jsonb #> array(
                select replace(replace(step.text, '~1', '/'), '~0', '~')
                from unnest(string_to_array(substr(path.text, 2), '/')) with ordinality as step (text, ordinal)
                where path.text <> ''
                order by step.ordinal
            )
        )
        order by path.ordinal
    )
    from unnest(paths) with ordinality as path (text, ordinal)
))::text, 'UTF8'));

comment on function tusk.unique_hash is
'What identifies a unique key. Args count by their value, whatever the order of their members; numbers as written.';

create function tusk.is_live(home smallint, job_id bigint) returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
begin
    return exists (select from tusk.ready as ready where ready.shard = home and ready.id = job_id)
        or exists (select from tusk.scheduled as waiting where waiting.shard = home and waiting.id = job_id)
        or exists (select from tusk.blocked as blocked where blocked.shard = home and blocked.id = job_id)
        or case
            when exists (select from tusk.outcome as outcome where outcome.shard = home and outcome.id = job_id)
                then false
            -- It runs, or its history was pruned.
            else exists (
                select from tusk.lease as lease
                where
                    lease.shard = home and job_id = any (lease.ids)
                    and coalesce(get_bit(lease.done, array_position(lease.ids, job_id) - 1), 0) = 0
            )
        end;
end
$$;

comment on function tusk.is_live is 'Whether a job is not over.';

create function tusk.holds_unique(home smallint, job_id bigint, until text, expires_at timestamptz) returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
begin
    if until = 'time' then
        return expires_at > clock_timestamp();
    elsif until = 'started' then
        return exists (
            select from tusk.ready as ready
            where
                ready.shard = home and ready.id = job_id
                and ready.attempt = 0 and ready.interruptions = 0 and ready.last_lease = 0
        ) or exists (
            select from tusk.scheduled as scheduled
            where
                scheduled.shard = home and scheduled.id = job_id
                and scheduled.attempt = 0 and scheduled.last_lease = 0
        ) or exists (
            select from tusk.blocked as blocked
            where
                blocked.shard = home and blocked.id = job_id
                and blocked.attempt = 0 and blocked.interruptions = 0 and blocked.last_lease = 0
        );
    end if;
    return tusk.is_live(home, job_id) or until = 'success' and exists (
        select from tusk.outcome as outcome
        where outcome.shard = home and outcome.id = job_id and outcome.state <> 'completed'
    );
end
$$;

comment on function tusk.holds_unique is 'Whether a job that took a unique key still holds it.';

create function tusk.lock_unique_key(home smallint, hash bytea, until text, expires_at timestamptz)
returns tusk.unique_key
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '1s'
as $$
#variable_conflict use_variable
declare
    held tusk.unique_key;
begin
    loop
        insert into tusk.unique_key as fresh (shard, id, key_hash, until, expires_at)
        values (home, 0, hash, until, expires_at)
        on conflict on constraint unique_key_pkey do nothing;
        select kept.* into held
        from tusk.unique_key as kept
        where kept.shard = home and kept.key_hash = hash
        for update;
        -- Between the two it may have been pruned.
        if found then
            return held;
        end if;
    end loop;
exception
    when lock_not_available then
        raise exception using
            errcode = 'TK004', message = 'another transaction is enqueuing a job with the same unique key';
end
$$;

comment on function tusk.lock_unique_key is
'Locks the row of a unique key, made if need be; raises TK004 when somebody else holds it for a second.';

create function tusk.take_unique(
    home smallint, hash bytea, until text, expires_at timestamptz, job_id bigint
) returns bigint
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
    held constant tusk.unique_key := tusk.lock_unique_key(home, hash, until, expires_at);
begin
    -- A statement of its own sees what was committed before the lock was there.
    if
        held.id <> 0 and held.id <> job_id
        and tusk.holds_unique(home, held.id, held.until, held.expires_at)
    then
        return held.id;
    end if;
    update tusk.unique_key as kept
    set id = job_id, until = take_unique.until, expires_at = take_unique.expires_at
    where kept.shard = home and kept.key_hash = hash;
    return null;
end
$$;

comment on function tusk.take_unique is 'Gives a unique key to a job; or the job that holds it, which keeps it.';

create function tusk.retake_unique(job_id bigint) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
    home constant smallint := job_id & 1023;
    facts record;
    wish record;
    holder bigint;
begin
    select job.kind, job.args, job.uniqueness into facts
    from tusk.job as job
    where job.shard = home and job.id = job_id;
    if facts.uniqueness is null then
        return;
    end if;
    select given.* into wish from tusk.read_unique('#/unique', facts.uniqueness) as given;
    if wish.until not in ('finished', 'success') then
        return;
    end if;
    holder := tusk.take_unique(
        home, tusk.unique_hash(facts.kind, facts.args, wish.key, wish.paths), wish.until, null, job_id
    );
    if holder is not null then
        raise exception using
            errcode = 'TK003', message = format('its unique key is held by job %s', holder);
    end if;
end
$$;

comment on function tusk.retake_unique is
'Gives an ended job that is to run again its unique key back; raises TK003 when another job has it.';

create function tusk.replace_job(
    job_id bigint,
    fields text [],
    args json,
    priority integer,
    due timestamptz,
    max_attempts integer,
    retry json,
    timeout_ms integer,
    tags text [],
    metadata json
) returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '1s'
as $$
#variable_conflict use_variable
declare
    home constant smallint := job_id & 1023;
    moment constant timestamptz := clock_timestamp();
    moved record;
begin
    perform tusk.lock_line(job_id);
    -- A job that goes from one table to another meanwhile is found in the next round; one that is claimed is not.
    for round in 1..3 loop
        delete from tusk.scheduled as waiting
        where waiting.shard = home and waiting.id = job_id
        returning
            waiting.attempt, 0::smallint as interruptions, waiting.gated, waiting.due_at, waiting.last_lease,
            null::text as reason, null::text as key, null::bigint as rank
        into moved;
        if not found then
            delete from tusk.ready as waiting
            where waiting.shard = home and waiting.id = job_id
            returning
                waiting.attempt, waiting.interruptions, waiting.gated, null::timestamptz as due_at,
                waiting.last_lease, null::text as reason, null::text as key, null::bigint as rank
            into moved;
        end if;
        if not found then
            delete from tusk.blocked as waiting
            where waiting.shard = home and waiting.id = job_id
            returning
                waiting.attempt, waiting.interruptions, true as gated, waiting.due_at, waiting.last_lease,
                waiting.reason, waiting.key, waiting.rank
            into moved;
        end if;
        exit when found;
    end loop;
    if moved.attempt is null then
        return false;
    end if;
    update tusk.job as job
    set
        args = case when 'args' = any (fields) then replace_job.args else job.args end,
        args_bytes = case
            when 'args' = any (fields) then octet_length(replace_job.args::text) else job.args_bytes
        end,
        priority = case when 'priority' = any (fields) then replace_job.priority else job.priority end,
        max_attempts = case when 'max_attempts' = any (fields) then replace_job.max_attempts else job.max_attempts end,
        retry = case when 'retry' = any (fields) then replace_job.retry else job.retry end,
        timeout_ms = case when 'timeout_seconds' = any (fields) then replace_job.timeout_ms else job.timeout_ms end,
        tags = case when 'tags' = any (fields) then replace_job.tags else job.tags end,
        metadata = case when 'metadata' = any (fields) then replace_job.metadata else job.metadata end
    where job.shard = home and job.id = job_id;
    due := case when 'run_at' = any (fields) then due else moved.due_at end;
    -- Also what only changed its args gets a new row: a claim that does not see the new args does not see it either.
    if moved.reason = 'order' then
        insert into tusk.blocked (
            shard, priority, attempt, args_bytes, rank, id, last_lease, blocked_at, due_at, reason, key, turn_key,
            queue, kind
        )
        select
            home, job.priority, moved.attempt, job.args_bytes, moved.rank, job_id, moved.last_lease, moment, due,
            moved.reason, moved.key, tusk.turn_key(job.fair_key, job.finish_by), job.queue, job.kind
        from tusk.job as job
        where job.shard = home and job.id = job_id;
    elsif due > moment then
        insert into tusk.scheduled (
            shard, priority, attempt, gated, args_bytes, due_at, id, last_lease, turn_key, queue, kind
        )
        select
            home, job.priority, moved.attempt, moved.gated, job.args_bytes, due, job_id, moved.last_lease,
            tusk.turn_key(job.fair_key, job.finish_by), job.queue, job.kind
        from tusk.job as job
        where job.shard = home and job.id = job_id;
    else
        insert into tusk.ready (
            shard, priority, attempt, interruptions, gated, args_bytes, id, last_lease, available_at, turn_key, queue,
            kind
        )
        select
            home, job.priority, moved.attempt, moved.interruptions, moved.gated, job.args_bytes, job_id,
            moved.last_lease, moment, tusk.turn_key(job.fair_key, job.finish_by), job.queue, job.kind
        from tusk.job as job
        where job.shard = home and job.id = job_id;
    end if;
    return true;
end
$$;

comment on function tusk.replace_job is
'Replaces fields of a job that waits, which goes to the end of its line, unless it has an order key; false: it does '
'not wait any more.';

create function tusk.prune_unique_keys(rows_most integer) returns bigint
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    reached bytea := decode(coalesce(
        (select mark.value from tusk.watermark as mark where mark.name = 'tusk.prune_unique_keys'), ''
    ), 'hex');
    looked_at bytea [];
    pruned bigint;
begin
    looked_at := array(
        select kept.key_hash
        from tusk.unique_key as kept
        where kept.shard = 0 and kept.key_hash > reached
        order by kept.key_hash
        limit rows_most
        for update skip locked
    );
    delete from tusk.unique_key as kept
    where
        kept.shard = 0 and kept.key_hash = any (looked_at)
        and not tusk.holds_unique(kept.shard, kept.id, kept.until, kept.expires_at);
    get diagnostics pruned = row_count;
    insert into tusk.watermark as mark (name, value)
    values (
        'tusk.prune_unique_keys',
        case
            when cardinality(looked_at) < rows_most then ''
            else encode(looked_at[cardinality(looked_at)], 'hex')
        end
    )
    on conflict (name) do update set value = excluded.value, moved_at = now();
    return pruned;
end
$$;

comment on function tusk.prune_unique_keys is
'Looks at the next unique keys and deletes those that nobody holds any more; how many.';
