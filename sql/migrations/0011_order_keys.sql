-- Order keys: jobs with the same one run one at a time, in the order in which their enqueues took the key's row.
-- Why: only the first of a line is ever in ready or scheduled, so that claiming needs no look at the others.
-- Locks: only new objects. Cost on 10 million rows: none, the table is new.
--
-- The head is the job that holds the key: it is not over, or it was discarded and those behind it are to wait. All
-- others are in blocked under the key. Who ends gated jobs calls release_ordered_by after the commit; whoever joins the
-- line meanwhile holds the row of the key, so that one of the two sees both. The scheduler looks at 1,000 lines
-- each second.

create table tusk.order_head (
    shard smallint not null default 0,
    id bigint not null,
    key text collate "C" not null,
    constraint order_head_pkey primary key (shard, key)
) with (
    fillfactor = 80, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_threshold = -1
);

comment on table tusk.order_head is 'The first job of each line; its row is what an enqueue with the key locks.';
comment on column tusk.order_head.shard is 'The shard of the jobs.';
comment on column tusk.order_head.id is 'The job that holds the key, or held it last; 0: there was none.';
comment on column tusk.order_head.key is 'The order key.';

create function tusk.read_order(pointer text, ordering json, out key text, out wait_ms bigint) returns record
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
    given json := ordering -> 'key';
    on_discard json := ordering -> 'on_discard';
    block_seconds json := ordering -> 'block_seconds';
    field record;
begin
    if ordering is null then
        return;
    elsif json_typeof(ordering) = 'string' then
        given := ordering;
    elsif json_typeof(ordering) <> 'object' then
        perform tusk.refuse(pointer, 'order must be a key or an object with a key');
    else
        perform tusk.check_keys(pointer, ordering);
        for field in select member.name from json_object_keys(ordering) as member (name) loop
            if field.name not in ('key', 'on_discard', 'block_seconds') then
                perform tusk.refuse(pointer || '/' || field.name, format('order has no field %s', field.name));
            end if;
        end loop;
    end if;
    if json_typeof(given) is distinct from 'string' or not tusk.is_name(given #>> '{}') then
        perform tusk.refuse(
            pointer, 'an order key must be 1 to 128 ASCII letters, digits, ''_'', ''.'', '':'' or ''-'''
        );
    elsif on_discard is not null and (
        json_typeof(on_discard) <> 'string' or on_discard #>> '{}' not in ('block', 'skip')
    ) then
        perform tusk.refuse(pointer || '/on_discard', 'on_discard must be block or skip');
    elsif block_seconds is not null and on_discard #>> '{}' = 'skip' then
        perform tusk.refuse(pointer || '/block_seconds', 'block_seconds cannot be given together with skip');
    elsif block_seconds is not null and (
        case when json_typeof(block_seconds) = 'number'
            then round((block_seconds #>> '{}')::numeric, 6) not between 1 and 31536000
            else true
        end
    ) then
        perform tusk.refuse(pointer || '/block_seconds', 'block_seconds must be a number from 1 to 31536000');
    end if;
    key := given #>> '{}';
    wait_ms := case
        when on_discard #>> '{}' = 'skip' then 0
        else ((block_seconds #>> '{}')::numeric * 1000)::bigint
    end;
end
$$;

comment on function tusk.read_order is 'The parts of a job''s order; refuses what is not right.';

create function tusk.lock_order_head(home smallint, key text) returns bigint
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '1s'
as $$
#variable_conflict use_variable
declare
    head bigint;
begin
    loop
        insert into tusk.order_head as fresh (shard, id, key)
        values (home, 0, key)
        on conflict on constraint order_head_pkey do nothing;
        select kept.id into head
        from tusk.order_head as kept
        where kept.shard = home and kept.key = lock_order_head.key
        for update;
        -- Between the two it may have been removed, because its line ended.
        if found then
            return head;
        end if;
    end loop;
exception
    when lock_not_available then
        raise exception using
            errcode = 'TK004', message = 'another transaction is enqueuing a job with the same order key';
end
$$;

comment on function tusk.lock_order_head is
'Locks the row of an order key, made if need be; its head, or 0. Raises TK004 when another holds it for a second.';

create function tusk.lock_line(job_id bigint) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    home constant smallint := lock_line.job_id & 1023;
begin
    perform from tusk.order_head as head
    where
        head.shard = home
        and head.key = (
            select job.order_key from tusk.job as job where job.shard = home and job.id = lock_line.job_id
        )
    for update;
end
$$;

comment on function tusk.lock_line is
'Locks the order key of a job, if it has one, before its row is taken and put back: who lets the next of the line go
meanwhile would miss it and let the one behind it go.';

create function tusk.holds_order(home smallint, head bigint) returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
begin
    return head <> 0 and (tusk.is_live(home, head) or exists (
        select
        from tusk.outcome as outcome
        inner join tusk.job as job on job.shard = outcome.shard and job.id = outcome.id
        where
            outcome.shard = home and outcome.id = head and outcome.state = 'discarded'
            and coalesce(outcome.finished_at + job.order_wait_ms * interval '1 ms' > clock_timestamp(), true)
    ));
end
$$;

comment on function tusk.holds_order is 'Whether the jobs behind this one have to wait.';

create function tusk.join_order(home smallint, key text, job_id bigint) returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
    head constant bigint := tusk.lock_order_head(home, key);
begin
    -- Statements of their own see what was committed before the lock was there.
    if head <> job_id and (
        exists (
            select from tusk.blocked as behind
            where behind.shard = home and behind.reason = 'order' and behind.key = join_order.key
        )
        or tusk.holds_order(home, head)
    ) then
        return false;
    end if;
    update tusk.order_head as kept set id = job_id where kept.shard = home and kept.key = join_order.key;
    return true;
end
$$;

comment on function tusk.join_order is 'Makes a job the head of its line if nobody is there; false: it has to wait.';

create function tusk.lock_keys(jobs json) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    wanted record;
begin
    for wanted in
        select distinct
            tusk.unique_hash(
                item.value ->> 'kind', coalesce(item.value -> 'args', '{}'), given.key, given.paths
            ) as hash,
            given.until,
            given.for_seconds
        from json_array_elements(jobs) with ordinality as item
        cross join lateral tusk.read_unique('#/' || item.ordinality - 1 || '/unique', item.value -> 'unique') as given
        where item.value -> 'unique' is not null
        order by hash
    loop
        perform tusk.lock_unique_key(
            0::smallint, wanted.hash, wanted.until, clock_timestamp() + wanted.for_seconds * interval '1 second'
        );
    end loop;
    for wanted in
        select distinct given.key collate "C" as key
        from json_array_elements(jobs) with ordinality as item
        cross join lateral tusk.read_order('#/' || item.ordinality - 1 || '/order', item.value -> 'order') as given
        where item.value -> 'order' is not null
        order by key
    loop
        perform tusk.lock_order_head(0::smallint, wanted.key);
    end loop;
end
$$;

comment on function tusk.lock_keys is
'Locks the unique keys and the order keys of many jobs in one order, so that two callers never wait for each other.';

create function tusk.release_ordered(home smallint, keys text []) returns text []
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '100ms'
as $$
#variable_conflict use_variable
declare
    wanted text;
    head bigint;
    next record;
    moment constant timestamptz := clock_timestamp();
    queues text [] := '{}';
begin
    foreach wanted in array keys loop
        select kept.id into head
        from tusk.order_head as kept
        where kept.shard = home and kept.key = wanted
        for update;
        continue when not found or tusk.holds_order(home, head);
        delete from tusk.blocked as blocked
        where blocked.ctid = (
            select first.ctid
            from tusk.blocked as first
            where first.shard = home and first.reason = 'order' and first.key = wanted
            order by first.rank
            limit 1
            for update
        )
        returning blocked.* into next;
        if not found then
            delete from tusk.order_head as kept where kept.shard = home and kept.key = wanted;
            continue;
        end if;
        update tusk.order_head as kept set id = next.id where kept.shard = home and kept.key = wanted;
        if next.due_at > moment then
            insert into tusk.scheduled (
                shard, priority, attempt, gated, args_bytes, due_at, id, last_lease, turn_key, queue, kind
            ) values (
                home, next.priority, next.attempt, true, next.args_bytes, next.due_at, next.id, next.last_lease,
                next.turn_key, next.queue, next.kind
            );
        else
            insert into tusk.ready (
                shard, priority, attempt, interruptions, gated, args_bytes, id, last_lease, available_at, turn_key,
                queue, kind
            ) values (
                home, next.priority, next.attempt, next.interruptions, true, next.args_bytes, next.id,
                next.last_lease, moment, next.turn_key, next.queue, next.kind
            );
            queues := queues || next.queue;
        end if;
    end loop;
    return array(select distinct given.queue from unnest(queues) as given (queue));
exception
    -- Whoever holds a row is enqueuing or releasing; the scheduler looks again.
    when lock_not_available then
        return '{}';
end
$$;

comment on function tusk.release_ordered is
'Lets the next job of each line go when its head is over; the queues they went to.';

create function tusk.release_ordered_by(home smallint, ids bigint []) returns text []
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    if not exists (select from tusk.order_head as head where head.shard = home limit 1) then
        return '{}';
    end if;
    return tusk.release_ordered(home, array(
        select distinct job.order_key
        from unnest(ids) as ended (id)
        cross join lateral (
            select job.order_key
            from tusk.job as job
            where job.shard = home and job.id = ended.id
            limit 1
        ) as job
        where job.order_key is not null
        order by job.order_key
    ));
end
$$;

comment on function tusk.release_ordered_by is 'The same for the lines of jobs that have just ended.';

create function tusk.release_next(
    home smallint, after_limit text, after_order text, keys_most integer,
    out any_waited boolean, out queues text [], out reached_limit text, out reached_order text, out rated text [],
    out wait_ms integer
) returns record
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
    limited constant text [] := tusk.waiting_keys(home, 'limit', after_limit, null, keys_most);
    lines constant text [] := tusk.waiting_keys(home, 'order', after_order, null, keys_most);
begin
    any_waited := exists (select from tusk.blocked as blocked where blocked.shard = home);
    select freed.queues, freed.wait_ms into queues, wait_ms
    from tusk.release_limited(home, limited) as freed;
    rated := array(
        select given.key
        from unnest(limited) as given (key)
        where wait_ms is not null and exists (
            select from tusk.present_limit as rate
            where rate.key in (given.key, tusk.key_class(given.key)) and rate.step is not null
        )
    );
    queues := queues || tusk.release_ordered(home, array(
        select line.key
        from unnest(lines) as line (key)
        inner join tusk.order_head as head on head.shard = home and head.key = line.key
        where not tusk.holds_order(head.shard, head.id)
        order by line.key
    ));
    reached_limit := case when cardinality(limited) = keys_most then limited[keys_most] end;
    reached_order := case when cardinality(lines) = keys_most then lines[keys_most] end;
end
$$;

comment on function tusk.release_next is
'Brings back jobs that wait for the next so many limit keys and order keys after these; whether any waited, the queues
they went to, and where to go on, null at the end; and those that wait for tokens, and when to come again for them.';

create function tusk.release_order_key(key text, out answer text, out queues text []) returns record
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
    home constant smallint := 0;
    head bigint;
begin
    select kept.id into head
    from tusk.order_head as kept
    where kept.shard = home and kept.key = release_order_key.key
    for update;
    if not found then
        answer := 'not_found';
        return;
    elsif tusk.is_live(home, head) then
        answer := 'busy';
        return;
    end if;
    update tusk.order_head as kept set id = 0 where kept.shard = home and kept.key = release_order_key.key;
    queues := tusk.release_ordered(home, array[release_order_key.key]);
    answer := 'released';
end
$$;

comment on function tusk.release_order_key is
'Lets the line of a discarded job go on without it: released, busy (its head is not over), or not_found.';

create function tusk.list_order_keys(after text, lines_most integer)
returns table (key text, head bigint, head_state text, blocked_until timestamptz, since timestamptz, waiting bigint)
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    with recursive waited (key) as (
        (
            select blocked.key
            from tusk.blocked as blocked
            where blocked.shard = 0 and blocked.reason = 'order' and blocked.key > coalesce(list_order_keys.after, '')
            order by blocked.key
            limit 1
        )
        union all
        select (
            select blocked.key
            from tusk.blocked as blocked
            where blocked.shard = 0 and blocked.reason = 'order' and blocked.key > waited.key
            order by blocked.key
            limit 1
        )
        from waited
        where waited.key is not null
    )
    select
        waited.key,
        nullif(first.id, 0),
        coalesce(job.state::text, 'ended'),
        case when job.state = 'discarded' then job.finished_at + facts.order_wait_ms * interval '1 ms' end,
        case when job.state = 'discarded' then job.finished_at end,
        (
            select count(*)
            from (
                select
                from tusk.blocked as behind
                where behind.shard = 0 and behind.reason = 'order' and behind.key = waited.key
                limit 10000
            ) as line
        )
    from (select waited.key from waited where waited.key is not null limit list_order_keys.lines_most) as waited
    left join tusk.order_head as first on first.shard = 0 and first.key = waited.key
    left join lateral (
        select present.state, present.finished_at
        from tusk.jobs as present
        where present.id = first.id
        limit 1
    ) as job on true
    left join tusk.job as facts on facts.shard = 0 and facts.id = first.id;
end;

comment on function tusk.list_order_keys is
'Order keys that jobs wait for, after a key, with the job that holds each and how many wait, counted to 10,000.';
