-- Concurrency limits: how many jobs with a key may run at once, over all workers.
-- Why: exact whatever crashes. What a running job holds of a limit is a row of its own, made by the transaction that
-- makes its lease and gone with the one that ends it.
-- Locks: only new objects. Cost on 10 million rows: none, the tables are new.
--
-- A job counts for the keys it names, for queue:NAME of its queue and for kind:NAME of its kind. A key's own row says
-- how many may run; without one the row of its class does: for tenant:7 that is tenant:*. Without either there is no
-- limit.
-- Rows of ready that may be limited are left alone by claim_jobs.sql. claim_gated takes them, one claimer at a time:
-- it gives them a lease and what they hold, or puts them into blocked under the key that has no room. release_limited
-- brings them back into their band when there is room again: after each settle, and once a second.

create table tusk.running_limit (
    running_max integer,
    paused_at timestamptz,
    paused_until timestamptz,
    key text collate "C" not null,
    paused_by text,
    pause_reason text,
    updated_at timestamptz not null default now(),
    updated_by text not null default current_user,
    constraint running_limit_pkey primary key (key),
    constraint running_limit_key_length check (octet_length(key) between 1 and 160),
    constraint running_limit_says_something check (running_max is not null or paused_at is not null),
    constraint running_limit_range check (running_max between 1 and 100000)
);

comment on table tusk.running_limit is 'How many jobs with a key may run at once, and whether any may.';
comment on column tusk.running_limit.key is 'queue:NAME, kind:NAME, a key that jobs name, or a class such as tenant:*.';
comment on column tusk.running_limit.running_max
is 'The most that run at once; of a class: for each key of it; null: any number, unless it is paused.';
comment on column tusk.running_limit.paused_at is 'Since when none may start; null: it is not paused.';
comment on column tusk.running_limit.paused_until is 'Until when; null: until it is resumed.';
comment on column tusk.running_limit.paused_by is 'Who paused it.';
comment on column tusk.running_limit.pause_reason is 'Why.';
comment on column tusk.running_limit.updated_at is 'When it was set.';
comment on column tusk.running_limit.updated_by is 'Who set it.';

create view tusk.present_limit as
select
    given.key,
    case
        when given.paused_at is not null and coalesce(given.paused_until > clock_timestamp(), true) then 0
        else given.running_max
    end as most
from tusk.running_limit as given;

comment on view tusk.present_limit is 'How many jobs with a key may run at once now.';
comment on column tusk.present_limit.key is 'As in tusk.running_limit.';
comment on column tusk.present_limit.most is '0 while it is paused; null: any number.';

create table tusk.limit_hold (
    shard smallint not null default 0,
    weight smallint not null,
    id bigint not null,
    key text collate "C" not null,
    constraint limit_hold_pkey primary key (shard, key, id),
    constraint limit_hold_weight_positive check (weight > 0)
) with (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_threshold = -1, autovacuum_vacuum_cost_delay = 0
);

create index limit_hold_id on tusk.limit_hold (id);

comment on table tusk.limit_hold is 'What running jobs hold of limits: a row for each job and key.';
comment on column tusk.limit_hold.shard is 'The shard of the job.';
comment on column tusk.limit_hold.weight is 'How much it counts.';
comment on column tusk.limit_hold.id is 'The job; it has a lease.';
comment on column tusk.limit_hold.key is 'The key it counts for.';

create function tusk.key_class(key text) returns text
language sql immutable
return left(key, length(key) - strpos(reverse(key), ':') + 1) || case when strpos(key, ':') > 0 then '*' end;

comment on function tusk.key_class is 'The class of a key: tenant:* of tenant:7; null for one without a colon.';

create function tusk.claim_gated(
    home smallint,
    worker_id uuid,
    queues text [],
    priorities smallint [],
    kinds text [],
    kinds_apart text [],
    jobs_most integer,
    bytes_most bigint,
    alone boolean
) returns table (
    lease bigint, id bigint, rank bigint, lane smallint, attempt smallint, max_attempts smallint, timeout_ms integer,
    kind text, args json, retry json, tags text [], metadata json, traceparent text, created_at timestamptz,
    available_at timestamptz, claimed_at timestamptz, waits_for text
)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set enable_hashjoin = on
as $$
#variable_conflict use_column
declare
    limited_kinds text [];
    granted tid [];
    refused tid [];
    keys text [];
    shared_lease bigint;
begin
    -- What others hold is counted by the next statement, which sees what they had committed when they let go of this.
    perform pg_advisory_xact_lock(('x' || substr(md5('tusk.gate'), 1, 8))::bit(32)::integer, home);
    if not exists (select from tusk.worker as worker where worker.id = worker_id and worker.state = 'live') then
        return;
    end if;
    limited_kinds := array(
        select substr(given.key, 6)
        from tusk.running_limit as given
        where given.key >= 'kind:' and given.key < 'kind;'
    );

    -- Picks rows in claim order and judges them by the room there is. A job counts for those behind it whether or not
    -- another of its keys lets it run: who is refused for that is released soon.
    with place as (
        select given.queue, given.priority, given.number, coalesce(queue.limited, false) as is_limited
        from unnest(queues, priorities) with ordinality as given (queue, priority, number)
        left join tusk.queue as queue on queue.name = given.queue
        where queue.paused_at is null
    ),
    candidate as materialized (
        select
            first.*,
            job.limit_keys,
            job.limit_weights,
            row_number() over line as ordinal,
            sum(first.args_bytes) over line - first.args_bytes as bytes_before
        from (
            select waiting.*
            from place
            cross join lateral (
                select gated.*
                from (
                    select
                        ready.ctid as tid, ready.id, ready.rank, ready.released, ready.args_bytes, ready.kind,
                        ready.queue, ready.priority, place.number as lane, place.is_limited
                    from tusk.ready as ready
                    where
                        ready.shard = home and ready.queue = place.queue and ready.priority = place.priority
                        and ready.gated and ready.kind = any (kinds) and (ready.interruptions > 0) = alone
                    order by ready.rank
                    limit jobs_most
                    for update skip locked
                ) as gated
                union all
                select other.*
                from (
                    select
                        ready.ctid as tid, ready.id, ready.rank, ready.released, ready.args_bytes, ready.kind,
                        ready.queue, ready.priority, place.number as lane, place.is_limited
                    from tusk.ready as ready
                    where
                        (place.is_limited or cardinality(limited_kinds) > 0)
                        and ready.shard = home and ready.queue = place.queue and ready.priority = place.priority
                        and not ready.gated and ready.kind = any (kinds) and (ready.interruptions > 0) = alone
                        and (place.is_limited or ready.kind = any (limited_kinds))
                    order by ready.rank
                    limit jobs_most
                    for update skip locked
                ) as other
            ) as waiting
            limit jobs_most
        ) as first
        cross join lateral (
            select job.limit_keys, job.limit_weights
            from tusk.job as job
            where job.shard = home and job.id = first.id
            limit 1
        ) as job
        window line as (order by first.priority, first.released desc, first.lane, first.rank rows unbounded preceding)
    ),
    named as materialized (
        select candidate.ordinal, candidate.released, candidate.priority, key.text as key, key.weight
        from candidate
        cross join lateral (
            select 'queue:' || candidate.queue as text, 1 as weight
            where candidate.is_limited
            union all
            select 'kind:' || candidate.kind, 1
            where candidate.kind = any (limited_kinds)
            union all
            select given.key, coalesce(given.weight, 1)
            from unnest(candidate.limit_keys, candidate.limit_weights) as given (key, weight)
        ) as key (text, weight)
    ),
    different as materialized (
        select distinct named.key
        from named
    ),
    allowed as materialized (
        select
            different.key,
            -- A paused class holds back all its keys.
            coalesce(least(own.most, case when class.most = 0 then 0 end), class.most) as most
        from different
        left join tusk.present_limit as own on own.key = different.key
        left join tusk.present_limit as class on class.key = tusk.key_class(different.key)
    ),
    bound as materialized (
        select
            allowed.key,
            allowed.most,
            allowed.most - (
                select coalesce(sum(held.weight), 0)
                from tusk.limit_hold as held
                where held.shard = home and held.key = allowed.key
            ) as room,
            (
                select blocked.priority
                from tusk.blocked as blocked
                where blocked.shard = home and blocked.reason = 'limit' and blocked.key = allowed.key
                order by blocked.priority
                limit 1
            ) as priority_ahead
        from allowed
        where allowed.most is not null
    ),
    judged as materialized (
        select
            named.ordinal,
            named.key,
            least(named.weight, bound.most) as weight,
            bound.most = 0
            or not named.released and coalesce(bound.priority_ahead <= named.priority, false)
            or sum(least(named.weight, bound.most)) over (
                partition by named.key order by named.ordinal rows unbounded preceding
            ) > bound.room as is_refused
        from named
        inner join bound on bound.key = named.key
    ),
    waits as materialized (
        select judged.ordinal, min(judged.key) as key
        from judged
        where judged.is_refused
        group by judged.ordinal
    ),
    verdict as materialized (
        select candidate.ordinal, candidate.tid, candidate.id, waits.key
        from candidate
        left join waits on waits.ordinal = candidate.ordinal
        where waits.key is not null or candidate.bytes_before < bytes_most
    ),
    holds as (
        insert into tusk.limit_hold (shard, weight, id, key)
        select home, sum(judged.weight)::smallint, verdict.id, judged.key
        from verdict
        inner join judged on judged.ordinal = verdict.ordinal
        where verdict.key is null
        group by verdict.id, judged.key
    )
    select
        array_agg(verdict.tid order by verdict.ordinal) filter (where verdict.key is null),
        array_agg(verdict.tid order by verdict.ordinal) filter (where verdict.key is not null),
        array_agg(verdict.key order by verdict.ordinal) filter (where verdict.key is not null)
    into granted, refused, keys
    from verdict;

    if refused is not null then
        insert into tusk.blocked (
            shard, priority, attempt, interruptions, args_bytes, rank, id, last_lease, blocked_at, reason, key, queue,
            kind
        )
        select
            home, ready.priority, ready.attempt, ready.interruptions, ready.args_bytes, ready.rank, ready.id,
            ready.last_lease, clock_timestamp(), 'limit', row.key, ready.queue, ready.kind
        from unnest(refused, keys) as row (tid, key)
        inner join tusk.ready as ready on ready.ctid = row.tid;
        delete from tusk.ready as ready where ready.ctid = any (refused);
        return query
        select
            null::bigint, null::bigint, null::bigint, null::smallint, null::smallint, null::smallint, null::integer,
            null::text, null::json, null::json, null::text [], null::json, null::text, null::timestamptz,
            null::timestamptz, null::timestamptz, different.key
        from (select distinct waits.key from unnest(keys) as waits (key)) as different;
    end if;
    if granted is null then
        return;
    end if;

    shared_lease := nextval('tusk.lease_number');
    return query
    with taken as materialized (
        select
            row.ordinal,
            ready.*,
            places.number::smallint as lane,
            case when ready.kind = any (kinds_apart) or alone then nextval('tusk.lease_number') else shared_lease end
                as lease
        from unnest(granted) with ordinality as row (tid, ordinal)
        inner join tusk.ready as ready on ready.ctid = row.tid
        inner join unnest(queues, priorities) with ordinality as places (queue, priority, number)
            on places.queue = ready.queue and places.priority = ready.priority
    ),
    gone as (
        delete from tusk.ready as ready where ready.ctid = any (granted)
    ),
    leased as (
        insert into tusk.lease (shard, interruptions, gated, number, worker_id, claimed_at, ids, attempts)
        select
            home, max(taken.interruptions), true, taken.lease, worker_id, clock_timestamp(),
            array_agg(taken.id order by taken.ordinal), array_agg(taken.attempt order by taken.ordinal)
        from taken
        group by taken.lease
    )
    select
        taken.lease, taken.id, taken.rank, taken.lane, taken.attempt, job.max_attempts, job.timeout_ms, taken.kind,
        job.args, job.retry, job.tags, job.metadata, job.traceparent, job.created_at, taken.available_at,
        clock_timestamp(), null::text
    from taken
    cross join lateral (
        select job.*
        from tusk.job as job
        where job.shard = home and job.id = taken.id
        limit 1
    ) as job
    order by taken.ordinal;
end
$$;

comment on function tusk.claim_gated is
'Claims jobs that limits may hold back, or puts them into blocked; a row with waits_for names a key without room.';

create function tusk.release_limited(home smallint, limited_keys text []) returns text []
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set enable_hashjoin = on
as $$
#variable_conflict use_column
declare
    released text [];
begin
    with bound as (
        select
            given.key,
            coalesce(least(own.most, case when class.most = 0 then 0 end), class.most) as most,
            (
                select coalesce(sum(held.weight), 0)
                from tusk.limit_hold as held
                where held.shard = home and held.key = given.key
            ) as held
        from unnest(limited_keys) as given (key)
        left join tusk.present_limit as own on own.key = given.key
        left join tusk.present_limit as class on class.key = tusk.key_class(given.key)
    ),
    freed as materialized (
        select line.tid
        from bound
        cross join lateral (
            select
                waiting.tid,
                sum(least(bound.most, coalesce(job.limit_weights[array_position(job.limit_keys, bound.key)], 1))) over (
                    order by waiting.priority, waiting.rank rows unbounded preceding
                ) as reach
            from (
                select blocked.ctid as tid, blocked.id, blocked.priority, blocked.rank
                from tusk.blocked as blocked
                where
                    blocked.shard = home and blocked.reason = 'limit' and blocked.key = bound.key
                    and not exists (
                        select from tusk.queue as queue where queue.name = blocked.queue and queue.paused_at is not null
                    )
                order by blocked.priority, blocked.rank
                limit case when bound.most is null then 1000 else greatest(0, least(1000, bound.most - bound.held)) end
                for update skip locked
            ) as waiting
            cross join lateral (
                select job.limit_keys, job.limit_weights
                from tusk.job as job
                where job.shard = home and job.id = waiting.id
                limit 1
            ) as job
        ) as line
        -- The first that does not fit keeps those behind it waiting, or it would wait for ever.
        where bound.most is null or line.reach <= bound.most - bound.held
    ),
    gone as (
        delete from tusk.blocked as blocked
        where blocked.ctid = any (array(select freed.tid from freed))
        returning blocked.*
    ),
    entered as (
        insert into tusk.ready (
            shard, priority, attempt, interruptions, gated, released, args_bytes, id, last_lease, available_at, queue,
            kind
        )
        select
            home, line.priority, line.attempt, line.interruptions, true, true, line.args_bytes, line.id,
            line.last_lease, clock_timestamp(), line.queue, line.kind
        from (select gone.* from gone order by gone.priority, gone.rank) as line
        returning queue
    )
    select array_agg(distinct entered.queue) into released
    from entered;
    return coalesce(released, '{}');
end
$$;

comment on function tusk.release_limited is
'Brings back jobs that wait for keys which have room now, at most 1,000 a key; the queues they went to.';

create function tusk.release_all_limited(home smallint) returns text []
language sql volatile
set search_path = pg_catalog, pg_temp
return tusk.release_limited(release_all_limited.home, array(
    with recursive waited (key) as (
        (
            select blocked.key
            from tusk.blocked as blocked
            where blocked.shard = release_all_limited.home and blocked.reason = 'limit'
            order by blocked.key
            limit 1
        )
        union all
        select (
            select blocked.key
            from tusk.blocked as blocked
            where
                blocked.shard = release_all_limited.home and blocked.reason = 'limit' and blocked.key > waited.key
            order by blocked.key
            limit 1
        )
        from waited
        where waited.key is not null
    )
    select waited.key from waited where waited.key is not null
));

comment on function tusk.release_all_limited is 'The same for every key that jobs wait for.';

create function tusk.release_limited_by(home smallint, ids bigint []) returns text []
language sql volatile
set search_path = pg_catalog, pg_temp
return tusk.release_limited(release_limited_by.home, array(
    select distinct key.text
    from unnest(release_limited_by.ids) as ended (id)
    cross join lateral (
        select job.queue, job.kind, job.limit_keys
        from tusk.job as job
        where job.shard = release_limited_by.home and job.id = ended.id
        limit 1
    ) as job
    cross join lateral unnest(
        array['queue:' || job.queue, 'kind:' || job.kind] || coalesce(job.limit_keys, '{}')
    ) as key (text)
    where exists (
        select from tusk.blocked as blocked
        where blocked.shard = release_limited_by.home and blocked.reason = 'limit' and blocked.key = key.text
    )
));

comment on function tusk.release_limited_by is 'The same for the keys of jobs that have just ended.';

create function tusk.check_limit_key(key text) returns void
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
begin
    if key !~ '^[A-Za-z0-9_.:-]{1,134}\*?$' or key ~ '[^:]\*$|^\*' or key ~ '^(queue|kind):(.*\*)?$'
        or length(regexp_replace(key, '^(queue|kind):', '')) > 128
    then
        perform tusk.refuse(
            '#/key', 'key must be queue:NAME, kind:NAME, a name that jobs give, or a class of those such as tenant:*'
        );
    end if;
end
$$;

comment on function tusk.check_limit_key is 'Refuses what cannot be the key of a limit.';

create function tusk.put_running_limit(key text, running_max integer, updated_by text default current_user)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    perform tusk.check_limit_key(put_running_limit.key);
    if put_running_limit.running_max is null or put_running_limit.running_max not between 1 and 100000 then
        perform tusk.refuse('#/running_max', 'running_max must be a whole number from 1 to 100000');
    end if;
    insert into tusk.running_limit as present (key, running_max, updated_by)
    values (put_running_limit.key, put_running_limit.running_max, put_running_limit.updated_by)
    on conflict on constraint running_limit_pkey do update
    set running_max = excluded.running_max, updated_at = clock_timestamp(), updated_by = excluded.updated_by;
    if put_running_limit.key like 'queue:%' then
        insert into tusk.queue as queue (name, limited)
        values (substr(put_running_limit.key, 7), true)
        on conflict on constraint queue_pkey do update
        set limited = true;
    end if;
end
$$;

comment on function tusk.put_running_limit
is 'Sets how many jobs with a key may run at once. The next claim keeps to it.';

create function tusk.remove_running_limit(key text) returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    delete from tusk.running_limit as present
    where present.key = remove_running_limit.key and present.running_max is not null and present.paused_at is null;
    if not found then
        -- A pause stays.
        update tusk.running_limit as present
        set running_max = null
        where present.key = remove_running_limit.key and present.running_max is not null;
    end if;
    if not found then
        return false;
    end if;
    if remove_running_limit.key like 'queue:%' then
        update tusk.queue as queue set limited = false where queue.name = substr(remove_running_limit.key, 7);
    end if;
    return true;
end
$$;

comment on function tusk.remove_running_limit
is 'Removes a limit; false: there is none. Jobs that wait for it are released within a second.';

create function tusk.pause_key(
    key text, paused_by text default current_user, reason text default null, until timestamptz default null
) returns tusk.running_limit
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    answer tusk.running_limit;
begin
    if pause_key.key like 'queue:%' then
        perform tusk.refuse('#/key', 'a queue is paused by its name, not as a key');
    end if;
    perform tusk.check_limit_key(pause_key.key);
    if pause_key.until <= clock_timestamp() then
        perform tusk.refuse('#/until', 'until must be in the future');
    end if;
    insert into tusk.running_limit as present (key, paused_at, paused_until, paused_by, pause_reason, updated_by)
    values (
        pause_key.key, clock_timestamp(), pause_key.until, pause_key.paused_by, pause_key.reason, pause_key.paused_by
    )
    on conflict on constraint running_limit_pkey do update
    set
        paused_at = excluded.paused_at,
        paused_until = excluded.paused_until,
        paused_by = excluded.paused_by,
        pause_reason = excluded.pause_reason
    returning present.* into answer;
    return answer;
end
$$;

comment on function tusk.pause_key is
'Lets no more jobs start that have a key: kind:NAME, a key that jobs name, or a class such as tenant:*.';

create function tusk.resume_key(key text) returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    was_paused boolean;
begin
    delete from tusk.running_limit as present
    where present.key = resume_key.key and present.running_max is null
    returning present.paused_at is not null into was_paused;
    if not found then
        update tusk.running_limit as present
        set paused_at = null, paused_until = null, paused_by = null, pause_reason = null
        where present.key = resume_key.key and present.paused_at is not null;
        was_paused := found;
    end if;
    return was_paused;
end
$$;

comment on function tusk.resume_key is 'Lets jobs with a paused key start again; false: it was not paused.';
