-- tusk.enqueue and tusk.enqueue_many: enqueueing from SQL, in the caller's own transaction.
-- Why: the job then exists if and only if that transaction commits. The rules are those of POST /v1/jobs.
-- Locks: only new objects. Cost on 10 million rows: none.
-- They may run inside a stranger's transaction, where now() is old: they read clock_timestamp() once.

create function tusk.refuse(pointer text, message text) returns void
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using errcode = '22023', message = message, detail = 'Field: ' || pointer;
end
$$;

comment on function tusk.refuse is 'Raises 22023 (invalid_parameter_value) and names the field.';

create function tusk.is_name(name text) returns boolean
language sql immutable
set search_path = pg_catalog, pg_temp
return name ~ '^[A-Za-z0-9_.:-]{1,128}$';

comment on function tusk.is_name is 'Whether a text may name a queue, a kind, a tag or a schedule.';

create function tusk.check_keys(pointer text, given json) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    name text := substring(pointer from '[^/]*$');
    found_keys text [] := array(select member.key from json_object_keys(given) as member (key));
begin
    if cardinality(found_keys) > (select count(distinct member.key) from unnest(found_keys) as member (key)) then
        perform tusk.refuse(pointer, format('%s must not repeat a key', name));
    elsif exists (select from unnest(found_keys) as member (key) where octet_length(member.key) > 1024) then
        perform tusk.refuse(pointer, format('%s must not contain a key of more than 1024 bytes', name));
    end if;
end
$$;

comment on function tusk.check_keys is 'Refuses a JSON object that repeats a key or has too long a one.';

create function tusk.check_json(pointer text, given json, bytes_most integer) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    content text := given::text;
    name text := substring(pointer from '[^/]*$');
    node record;
begin
    if octet_length(content) > bytes_most then
        perform tusk.refuse(pointer, format('%s must be at most %s bytes', name, bytes_most));
    end if;
    if content ~ '(^|[^\\])(\\\\)*\\u0000' then
        perform tusk.refuse(pointer, format('%s must not contain the character U+0000', name));
    end if;
    -- The cast refuses lone surrogates and numbers that PostgreSQL cannot hold.
    perform given::jsonb;
    -- The common case, a flat object of short numbers, needs no walk.
    if content !~ '[0-9][0-9.]{40}|[eE][+-]?[0-9]{3}' and content !~ '[{\[].*[{\[]' then
        if json_typeof(given) = 'object' then
            perform tusk.check_keys(pointer, given);
        end if;
        return;
    end if;
    for node in
        with recursive walk (value, kind, depth) as (
            select given, json_typeof(given), 1
            union all
            select child.value, json_typeof(child.value), walk.depth + 1
            from walk
            cross join lateral (
                select member.value
                from json_each(case when walk.kind = 'object' then walk.value else '{}'::json end) as member
                union all
                select element.value
                from json_array_elements(case when walk.kind = 'array' then walk.value else '[]'::json end) as element
            ) as child
            where walk.depth <= 65
        )
        select walk.value, walk.kind, walk.depth
        from walk
        where walk.kind in ('object', 'array', 'number')
    loop
        if node.depth > 64 and node.kind in ('object', 'array') then
            perform tusk.refuse(pointer, format('%s must not be nested deeper than 64', name));
        end if;
        if node.kind = 'object' then
            perform tusk.check_keys(pointer, node.value);
        end if;
        if node.kind = 'number' and (
            length(regexp_replace(regexp_replace(node.value::text, '[eE].*$', ''), '[^0-9]', '', 'g')) > 40
            or abs(coalesce(substring(node.value::text from '[eE]([+-]?[0-9]{1,9})'), '0')::bigint) > 308
            or node.value::text ~ '[eE][+-]?[0-9]{10}'
        ) then
            perform tusk.refuse(
                pointer, format('%s must not contain a number of more than 40 digits or an exponent beyond 308', name)
            );
        end if;
    end loop;
end
$$;

comment on function tusk.check_json is 'Refuses what the strict scanner of the HTTP API refuses.';

create function tusk.check_retry(pointer text, retry json) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    policy text;
    required text [];
    optional text [] := '{}';
    field record;
begin
    if json_typeof(retry) <> 'object' then
        perform tusk.refuse(pointer, 'retry must be an object');
    end if;
    -- A worker reads no longer one.
    perform tusk.check_json(pointer, retry, 4096);
    if json_typeof(retry -> 'policy') = 'string' then
        policy := retry ->> 'policy';
    end if;
    required := case policy
        when 'exponential' then array['base_seconds', 'max_seconds']
        when 'linear' then array['step_seconds', 'max_seconds']
        when 'fixed' then array['delay_seconds']
        when 'list' then array['delays_seconds']
    end;
    if required is null then
        perform tusk.refuse(pointer || '/policy', 'policy must be one of exponential, linear, fixed, list');
    end if;
    if policy = 'exponential' then
        optional := array['factor', 'jitter'];
    end if;
    for field in select member.key, member.value from json_each(retry) as member loop
        if not field.key = any (required || optional || 'policy'::text) then
            perform tusk.refuse(pointer || '/' || field.key, format('%s is not a field of this policy', field.key));
        end if;
        perform tusk.check_retry_field(pointer || '/' || field.key, field.key, field.value);
    end loop;
    for field in select name.key from unnest(required) as name (key) where retry -> name.key is null loop
        perform tusk.refuse(pointer || '/' || field.key, format('%s is required', field.key));
    end loop;
end
$$;

comment on function tusk.check_retry is 'Refuses a retry policy that the HTTP API refuses.';

create function tusk.check_retry_field(pointer text, key text, value json) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
    delays json := case json_typeof(value) when 'array' then value else json_build_array(value) end;
begin
    if key = 'delays_seconds' then
        if json_typeof(value) <> 'array' or json_array_length(value) not between 1 and 100 then
            perform tusk.refuse(pointer, 'delays_seconds must be an array of 1 to 100 numbers');
        end if;
    elsif json_typeof(value) = 'array' then
        perform tusk.refuse(pointer, format('%s must not be an array', key));
    end if;
    if key like '%\_seconds' and exists (
        select from json_array_elements(delays) as delay (value)
        where
            case when json_typeof(delay.value) = 'number'
                then round((delay.value #>> '{}')::numeric, 6) not between 0 and 31536000
                else true
            end
    ) then
        perform tusk.refuse(pointer, format('%s must be of seconds from 0 to 31536000', key));
    elsif key = 'factor' and (
        json_typeof(value) <> 'number' or (value #>> '{}')::double precision not between 1 and 100
    ) then
        perform tusk.refuse(pointer, 'factor must be a number from 1 to 100');
    elsif key = 'jitter' and (
        json_typeof(value) <> 'number' or (value #>> '{}')::double precision not between 0 and 1
    ) then
        perform tusk.refuse(pointer, 'jitter must be a number from 0 to 1');
    end if;
end
$$;

comment on function tusk.check_retry_field is 'Refuses a field of a retry policy that is out of its range.';

create function tusk.read_limits(pointer text, limits json, out keys text [], out weights smallint [])
returns record
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    place text;
    given record;
    key json;
    weight json;
begin
    if json_typeof(limits) <> 'array' or json_array_length(limits) not between 1 and 4 then
        perform tusk.refuse(pointer, 'limits must be an array of 1 to 4 limits');
    end if;
    for given in
        select item.value, json_typeof(item.value) as type, item.ordinality - 1 as index
        from json_array_elements(limits) with ordinality as item
    loop
        place := pointer || '/' || given.index;
        key := given.value;
        weight := null;
        if given.type = 'object' then
            if exists (
                select from json_object_keys(given.value) as field (name) where field.name not in ('key', 'weight')
            ) then
                perform tusk.refuse(place, 'a limit has the fields key and weight');
            end if;
            key := given.value -> 'key';
            weight := given.value -> 'weight';
            place := place || '/key';
        end if;
        if json_typeof(key) is distinct from 'string' or not tusk.is_name(key #>> '{}') then
            perform tusk.refuse(
                place, 'a limit''s key must be 1 to 128 ASCII letters, digits, ''_'', ''.'', '':'' or ''-'''
            );
        elsif key #>> '{}' ~ '^(queue|kind):' then
            perform tusk.refuse(
                place, 'a limit''s key cannot begin with queue: or kind:, which count by themselves'
            );
        elsif key #>> '{}' = any (keys) then
            perform tusk.refuse(place, 'limits must all have different keys');
        end if;
        if weight is not null and (json_typeof(weight) <> 'number' or weight::text !~ '^([1-9][0-9]{0,2}|1000)$') then
            perform tusk.refuse(
                pointer || '/' || given.index || '/weight', 'weight must be a whole number from 1 to 1000'
            );
        end if;
        keys := array_append(keys, key #>> '{}');
        weights := array_append(weights, coalesce(weight::text, '1')::smallint);
    end loop;
end
$$;

comment on function tusk.read_limits
is 'The keys and weights of the limits that a job names; refuses what is not right.';

create function tusk.turn_key(fair_key text, finish_by timestamptz) returns text
language sql stable
set search_path = pg_catalog, pg_temp
return coalesce(fair_key, to_char(finish_by at time zone 'UTC', '"!"YYYYMMDDHH24MISSUS'), '');

comment on function tusk.turn_key is
'What decides the turn of a waiting job in its band: its fair key; ! and the time by which it should be finished, which
sorts before all keys; nothing, then its rank decides.';

create function tusk.enqueue_one(
    pointer text,
    kind text,
    args json,
    queue text,
    priority integer,
    run_at timestamptz,
    delay interval,
    max_attempts integer,
    retry json,
    timeout interval,
    tags text [],
    metadata json,
    traceparent text,
    limits json,
    uniqueness json,
    ordering json,
    start_by timestamptz,
    start_within interval,
    fair_key text,
    finish_by timestamptz,
    finish_within interval,
    idempotency_key text,
    out job_id bigint,
    out born tusk.job_state,
    out due timestamptz,
    out created timestamptz,
    out is_duplicate boolean,
    out is_replaced boolean
) returns record
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
    moment constant timestamptz := clock_timestamp();
    drawn bigint;
    args_length integer;
    timeout_ms bigint := (extract(epoch from enqueue_one.timeout) * 1000)::bigint;
    key_hash bytea;
    request_hash bytea;
    accepted record;
    limit_keys text [];
    limit_weights smallint [];
    wish record;
    holder bigint;
    line record;
    is_head boolean := true;
    is_gated boolean;
    turn_key text;
begin
    is_duplicate := false;
    is_replaced := false;
    args := coalesce(args, '{}');
    queue := coalesce(queue, 'default');
    priority := coalesce(priority, 5);
    max_attempts := coalesce(max_attempts, 20);
    if kind is null then
        perform tusk.refuse(pointer || '/kind', 'kind is required');
    elsif not tusk.is_name(kind) then
        perform tusk.refuse(
            pointer || '/kind', 'kind must be 1 to 128 ASCII letters, digits, ''_'', ''.'', '':'' or ''-'''
        );
    elsif not tusk.is_name(queue) then
        perform tusk.refuse(
            pointer || '/queue', 'queue must be 1 to 128 ASCII letters, digits, ''_'', ''.'', '':'' or ''-'''
        );
    elsif priority not between 0 and 9 then
        perform tusk.refuse(pointer || '/priority', 'priority must be a whole number from 0 to 9');
    elsif max_attempts not between 1 and 1000 then
        perform tusk.refuse(pointer || '/max_attempts', 'max_attempts must be a whole number from 1 to 1000');
    elsif run_at is not null and delay is not null then
        perform tusk.refuse(pointer || '/delay_seconds', 'delay_seconds cannot be given together with run_at');
    elsif run_at is not null and (
        not isfinite(run_at) or run_at < '2000-01-01 00:00:00+00' or run_at >= '2201-01-01 00:00:00+00'
    ) then
        perform tusk.refuse(pointer || '/run_at', 'run_at must lie in the years 2000 to 2200');
    elsif delay is not null and extract(epoch from delay) not between 0 and 315360000 then
        perform tusk.refuse(pointer || '/delay_seconds', 'delay_seconds must be a number from 0 to 315360000');
    elsif start_by is not null and start_within is not null then
        perform tusk.refuse(
            pointer || '/start_within_seconds', 'start_within_seconds cannot be given together with start_by'
        );
    elsif start_by is not null and (
        not isfinite(start_by) or start_by < '2000-01-01 00:00:00+00' or start_by >= '2201-01-01 00:00:00+00'
    ) then
        perform tusk.refuse(pointer || '/start_by', 'start_by must lie in the years 2000 to 2200');
    elsif start_by <= run_at then
        perform tusk.refuse(pointer || '/start_by', 'start_by must be after run_at');
    elsif start_within is not null and extract(epoch from start_within) not between 1 and 315360000 then
        perform tusk.refuse(
            pointer || '/start_within_seconds', 'start_within_seconds must be a number from 1 to 315360000'
        );
    elsif fair_key is not null and not tusk.is_name(fair_key) then
        perform tusk.refuse(
            pointer || '/fair_key', 'fair_key must be 1 to 128 ASCII letters, digits, ''_'', ''.'', '':'' or ''-'''
        );
    elsif fair_key ~ '^(queue|kind):' then
        perform tusk.refuse(pointer || '/fair_key', 'fair_key cannot begin with queue: or kind:');
    elsif finish_by is not null and finish_within is not null then
        perform tusk.refuse(
            pointer || '/finish_within_seconds', 'finish_within_seconds cannot be given together with finish_by'
        );
    elsif finish_by is not null and (
        not isfinite(finish_by) or finish_by < '2000-01-01 00:00:00+00' or finish_by >= '2201-01-01 00:00:00+00'
    ) then
        perform tusk.refuse(pointer || '/finish_by', 'finish_by must lie in the years 2000 to 2200');
    elsif finish_by <= run_at then
        perform tusk.refuse(pointer || '/finish_by', 'finish_by must be after run_at');
    elsif finish_within is not null and extract(epoch from finish_within) not between 1 and 315360000 then
        perform tusk.refuse(
            pointer || '/finish_within_seconds', 'finish_within_seconds must be a number from 1 to 315360000'
        );
    elsif fair_key is not null and finish_by is not null then
        perform tusk.refuse(pointer || '/finish_by', 'finish_by cannot be given together with fair_key');
    elsif fair_key is not null and finish_within is not null then
        perform tusk.refuse(
            pointer || '/finish_within_seconds', 'finish_within_seconds cannot be given together with fair_key'
        );
    elsif timeout_ms is not null and timeout_ms not between 1000 and 86400000 then
        perform tusk.refuse(pointer || '/timeout_seconds', 'timeout_seconds must be a number from 1 to 86400');
    elsif cardinality(tags) > 16 then
        perform tusk.refuse(pointer || '/tags', 'tags must be an array of at most 16 names');
    elsif cardinality(tags) > (select count(distinct tag.name) from unnest(tags) as tag (name)) then
        perform tusk.refuse(pointer || '/tags', 'tags must all be different');
    elsif exists (select from unnest(tags) as tag (name) where tusk.is_name(tag.name) is not true) then
        perform tusk.refuse(pointer || '/tags', 'tags must each be 1 to 128 letters, digits or _ . : -');
    elsif traceparent is not null and traceparent !~ '^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$' then
        perform tusk.refuse(pointer || '/traceparent', 'traceparent must be a W3C trace context of 55 characters');
    end if;
    perform tusk.check_json(pointer || '/args', args, 65536);
    args_length := octet_length(args::text);
    if metadata is not null then
        if json_typeof(metadata) <> 'object' then
            perform tusk.refuse(pointer || '/metadata', 'metadata must be an object');
        end if;
        perform tusk.check_json(pointer || '/metadata', metadata, 4096);
    end if;
    if retry is not null then
        perform tusk.check_retry(pointer || '/retry', retry);
    end if;

    if limits is not null then
        select given.keys, given.weights into limit_keys, limit_weights
        from tusk.read_limits(pointer || '/limits', limits) as given;
    end if;
    if uniqueness is not null then
        select given.* into wish from tusk.read_unique(pointer || '/unique', uniqueness) as given;
    end if;
    select given.* into line from tusk.read_order(pointer || '/order', ordering) as given;

    if idempotency_key is not null then
        if octet_length(idempotency_key) not between 1 and 255 then
            perform tusk.refuse(pointer || '/idempotency_key', 'idempotency_key must be 1 to 255 bytes');
        end if;
        key_hash := sha256(convert_to('sql' || chr(10) || idempotency_key, 'UTF8'));
        -- An array of JSON says where each value begins and ends, so that two requests never look the same.
        request_hash := sha256(convert_to(json_build_array(
            kind, args, queue, priority, extract(epoch from run_at), extract(epoch from delay), max_attempts, retry,
            timeout_ms, tags, metadata, limit_keys, limit_weights, uniqueness, line.key,
            line.wait_ms, extract(epoch from start_by), extract(epoch from start_within), fair_key,
            extract(epoch from finish_by), extract(epoch from finish_within)
        )::text, 'UTF8'));
        if not pg_try_advisory_xact_lock(('x' || encode(substr(key_hash, 1, 8), 'hex'))::bit(64)::bigint) then
            raise exception using
                errcode = '55P03', message = 'a request with this idempotency_key is in flight',
                detail = 'Field: ' || pointer || '/idempotency_key';
        end if;
        select
            past.fingerprint, past.ids[1] as id, past.born[1] as born, past.run_at[1] as run_at, past.created_at,
            past.existed_since[1] as existed_since
        into accepted
        from tusk.idempotency as past
        where
            past.shard = 0 and past.key_hash = key_hash
            and past.created_at > moment - tusk.retention('idempotency_retention');
        if found then
            if accepted.fingerprint <> request_hash then
                perform tusk.refuse(pointer || '/idempotency_key', 'idempotency_key was used for another job');
            end if;
            job_id := accepted.id;
            born := accepted.born;
            due := accepted.run_at;
            created := coalesce(accepted.existed_since, accepted.created_at);
            is_duplicate := accepted.existed_since is not null;
            return;
        end if;
        delete from tusk.idempotency as past where past.shard = 0 and past.key_hash = key_hash;
    end if;

    -- The transaction gets its number before it draws a rank, as in enqueue_jobs.sql.
    perform pg_current_xact_id();
    -- Jobs with one order key draw their ranks one after the other.
    if line.key is not null then
        perform tusk.lock_order_head(0::smallint, line.key);
    end if;
    drawn := nextval('tusk.rank');
    job_id := drawn << 10;
    due := coalesce(run_at, moment + delay);
    if due <= moment then
        due := null;
    end if;
    start_by := coalesce(start_by, coalesce(due, moment) + start_within);
    finish_by := coalesce(finish_by, coalesce(due, moment) + finish_within);
    if uniqueness is not null then
        holder := tusk.take_unique(
            0::smallint, tusk.unique_hash(kind, args, wish.key, wish.paths), wish.until,
            moment + wish.for_seconds * interval '1 second', job_id
        );
    end if;
    if holder is null then
        insert into tusk.job (
            shard, priority, max_attempts, id, args_bytes, timeout_ms, created_at, kind, queue, args, retry, tags,
            metadata, traceparent, limit_keys, limit_weights, uniqueness, order_key, order_wait_ms,
            start_by, fair_key, finish_by
        ) values (
            0, priority, max_attempts, job_id, args_length, timeout_ms, moment, kind, queue, args, retry, tags,
            metadata, traceparent, limit_keys, limit_weights, uniqueness, line.key, line.wait_ms,
            start_by, fair_key, finish_by
        );
        if start_by is not null then
            insert into tusk.start_deadline (shard, start_by, id) values (0, start_by, job_id);
        end if;
        if line.key is not null then
            is_head := tusk.join_order(0::smallint, line.key, job_id);
        end if;
        is_gated := num_nonnulls(limit_keys, line.key, start_by, fair_key) > 0;
        turn_key := tusk.turn_key(fair_key, finish_by);
        if not is_head then
            insert into tusk.blocked (
                shard, priority, args_bytes, rank, id, blocked_at, due_at, reason, key, turn_key, queue, kind
            ) values (0, priority, args_length, drawn, job_id, moment, due, 'order', line.key, turn_key, queue, kind);
            born := 'blocked';
        elsif due is not null then
            insert into tusk.scheduled (shard, priority, gated, args_bytes, due_at, id, turn_key, queue, kind)
            values (0, priority, is_gated, args_length, due, job_id, turn_key, queue, kind);
            born := 'scheduled';
        else
            insert into tusk.ready (shard, priority, gated, args_bytes, rank, id, available_at, turn_key, queue, kind)
            values (0, priority, is_gated, args_length, drawn, job_id, moment, turn_key, queue, kind);
            born := 'available';
        end if;
        created := moment;
    elsif wish.on_conflict = 'reject' then
        raise exception using
            errcode = 'TK003', message = format('its unique key is held by job %s', holder),
            detail = 'Field: ' || pointer || '/unique';
    else
        if wish.on_conflict = 'replace' then
            is_replaced := tusk.replace_job(
                holder, wish.replaced, args, priority, due, max_attempts, retry, timeout_ms::integer, tags, metadata
            );
        end if;
        job_id := holder;
        is_duplicate := true;
        select job.state, case when job.run_at > moment then job.run_at end as run_at, job.created_at
        into born, due, created
        from tusk.jobs as job
        where job.id = holder;
    end if;
    if key_hash is not null then
        insert into tusk.idempotency (shard, key_hash, fingerprint, created_at, ids, born, run_at, existed_since)
        values (
            0, key_hash, request_hash, moment, array[job_id], array[born], array[due],
            case when is_duplicate then array[created] end
        );
    end if;
end
$$;

comment on function tusk.enqueue_one
is 'The work of tusk.enqueue and tusk.enqueue_many; pointer says which job of many.';

create function tusk.enqueue(
    kind text,
    args json default '{}',
    queue text default 'default',
    priority integer default 5,
    run_at timestamptz default null,
    delay interval default null,
    max_attempts integer default 20,
    retry json default null,
    timeout interval default null,
    tags text [] default null,
    metadata json default null,
    traceparent text default null,
    limits json default null,
    uniqueness json default null,
    ordering json default null,
    start_by timestamptz default null,
    start_within interval default null,
    fair_key text default null,
    finish_by timestamptz default null,
    finish_within interval default null,
    idempotency_key text default null
) returns bigint
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    answer record;
begin
    answer := tusk.enqueue_one(
        '#', kind, args, queue, priority, run_at, delay, max_attempts, retry, timeout, tags, metadata, traceparent,
        limits, uniqueness, ordering, start_by, start_within, fair_key, finish_by, finish_within,
        idempotency_key
    );
    return answer.job_id;
end
$$;

comment on function tusk.enqueue is
'Enqueues a job in the caller''s transaction and returns its id, or that of the job that holds its unique key. Bad '
'input raises 22023 and names the field.';

create function tusk.check_kind_of(pointer text, job json) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    field record;
    wanted text;
begin
    for field in select member.key, member.value, json_typeof(member.value) as kind from json_each(job) as member loop
        wanted := case
            when field.key in ('args', 'retry', 'metadata', 'limits', 'unique', 'order') then field.kind
            when field.key in (
                'kind', 'queue', 'run_at', 'start_by', 'finish_by', 'fair_key', 'traceparent', 'idempotency_key'
            ) then 'string'
            when field.key in (
                'priority', 'max_attempts', 'delay_seconds', 'start_within_seconds', 'finish_within_seconds',
                'timeout_seconds'
            ) then 'number'
            when field.key = 'tags' then 'array'
        end;
        if wanted is null then
            perform tusk.refuse(pointer || '/' || field.key, format('a job has no field %s', field.key));
        elsif wanted = 'string' and field.kind <> wanted then
            perform tusk.refuse(pointer || '/' || field.key, format('%s must be a string', field.key));
        elsif wanted = 'array' and field.kind <> wanted then
            perform tusk.refuse(pointer || '/tags', 'tags must be an array of at most 16 names');
        elsif wanted = 'number' and (
            field.kind <> wanted
            or (field.key in ('priority', 'max_attempts') and field.value::text !~ '^-?[0-9]{1,9}$')
        ) then
            perform tusk.refuse(
                pointer || '/' || field.key,
                format(
                    '%s must be a %s', field.key,
                    case when field.key like '%\_seconds' then 'number' else 'whole number' end
                )
            );
        elsif field.key in ('run_at', 'start_by', 'finish_by') and field.value #>> '{}'
            !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$'
        then
            perform tusk.refuse(
                pointer || '/' || field.key,
                format('%s must be an RFC 3339 time with an offset, in the years 2000 to 2200', field.key)
            );
        end if;
    end loop;
end
$$;

comment on function tusk.check_kind_of
is 'Refuses a job written in JSON that has unknown fields or fields of another JSON type.';

create function tusk.enqueue_each(
    jobs json,
    out id bigint,
    out state tusk.job_state,
    out due_at timestamptz,
    out created_at timestamptz,
    out is_duplicate boolean,
    out is_replaced boolean
) returns setof record
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    entry record;
    answer record;
begin
    if json_typeof(jobs) is distinct from 'array' then
        perform tusk.refuse('#', 'jobs must be an array');
    end if;
    for entry in
        select item.value as job, item.ordinality - 1 as index
        from json_array_elements(jobs) with ordinality as item
    loop
        if json_typeof(entry.job) <> 'object' then
            perform tusk.refuse('#/' || entry.index, 'a job must be a JSON object');
        end if;
        perform tusk.check_kind_of('#/' || entry.index, entry.job);
    end loop;
    perform tusk.lock_keys(jobs);
    for entry in
        select item.value as job, item.ordinality - 1 as index
        from json_array_elements(jobs) with ordinality as item
    loop
        answer := tusk.enqueue_one(
            pointer => '#/' || entry.index,
            kind => entry.job ->> 'kind',
            args => entry.job -> 'args',
            queue => entry.job ->> 'queue',
            priority => (entry.job ->> 'priority')::integer,
            run_at => (entry.job ->> 'run_at')::timestamptz,
            delay => (entry.job ->> 'delay_seconds')::numeric * interval '1 second',
            max_attempts => (entry.job ->> 'max_attempts')::integer,
            retry => entry.job -> 'retry',
            timeout => (entry.job ->> 'timeout_seconds')::numeric * interval '1 second',
            tags => (select array_agg(tag.name) from json_array_elements_text(entry.job -> 'tags') as tag (name)),
            metadata => entry.job -> 'metadata',
            traceparent => entry.job ->> 'traceparent',
            limits => entry.job -> 'limits',
            uniqueness => entry.job -> 'unique',
            ordering => entry.job -> 'order',
            start_by => (entry.job ->> 'start_by')::timestamptz,
            start_within => (entry.job ->> 'start_within_seconds')::numeric * interval '1 second',
            fair_key => entry.job ->> 'fair_key',
            finish_by => (entry.job ->> 'finish_by')::timestamptz,
            finish_within => (entry.job ->> 'finish_within_seconds')::numeric * interval '1 second',
            idempotency_key => entry.job ->> 'idempotency_key'
        );
        id := answer.job_id;
        state := answer.born;
        due_at := answer.due;
        created_at := answer.created;
        is_duplicate := answer.is_duplicate;
        is_replaced := answer.is_replaced;
        return next;
    end loop;
end
$$;

comment on function tusk.enqueue_each is
'Enqueues a JSON array of jobs, all or none, and answers in order what became of each.';

create function tusk.enqueue_many(jobs json) returns setof bigint
language sql volatile
set search_path = pg_catalog, pg_temp
begin atomic
    select answer.id
    from tusk.enqueue_each(jobs) as answer;
end;

comment on function tusk.enqueue_many is
'Enqueues a JSON array of jobs, written as in POST /v1/jobs:bulk, all or none, and returns their ids in order.';
