-- Limits: how many jobs with a key may run at once, and how many may start in a time, over all workers.
-- Why: exact whatever crashes. What running jobs hold of limits are rows that belong to their lease: made by the
-- transaction that makes it, gone with it, and each job's part with the bit that says that it is done; what is left of
-- a rate is a moment, moved by that transaction.
-- Locks: only new objects. Cost on 10 million rows: none, the tables are new.
--
-- A job counts for the keys it names, for queue:NAME of its queue and for kind:NAME of its kind. A key's own row says
-- how many may run and start; where it does not, the row of its class does: for tenant:7 that is tenant:*. Without
-- either there is no limit.
-- Rows of ready that may be limited are left alone by claim_jobs.sql. claim_gated takes them, one claimer at a time:
-- it gives them a lease and what they hold, or puts them into blocked under the key that has no room. release_limited
-- brings them back into their band when there is room again: after each settle, when the next token is near, and once a
-- second.
--
-- A rate is a bucket of tokens: one comes each rate_period_ms / rate_max, up to rate_burst of them are kept, and a job
-- takes as many as its weight. What the bucket holds follows from the moment at which it is full again (the generic
-- cell rate algorithm of ITU-T I.371), by the clock of the database. Claims take tokens that come within
-- tusk.rate_reach() as well and the worker starts the job when its token is there: a bucket for one token would lose
-- what comes between two claims.
--
-- A breaker that is not closed bounds what may run of its key; see 0016.

create table tusk.key_limit (
    running_max integer,
    rate_max integer,
    rate_burst integer,
    rate_period_ms bigint,
    breaker_failures integer,
    breaker_hold_ms bigint,
    share_weight integer,
    paused_at timestamptz,
    paused_until timestamptz,
    key text collate "C" not null,
    paused_by text,
    pause_reason text,
    updated_at timestamptz not null default now(),
    updated_by text not null default current_user,
    constraint key_limit_pkey primary key (key),
    constraint key_limit_key_length check (octet_length(key) between 1 and 160),
    constraint key_limit_says_something check (
        num_nonnulls(running_max, rate_max, breaker_failures, share_weight, paused_at) > 0
    ),
    constraint key_limit_range check (running_max between 1 and 100000),
    constraint key_limit_rate_is_whole check (num_nonnulls(rate_max, rate_burst, rate_period_ms) in (0, 3)),
    constraint key_limit_rate_range check (
        rate_max > 0 and rate_burst between 1 and 100000 and rate_period_ms between 1 and 2678400000
        and rate_period_ms * 10 >= rate_max
    ),
    constraint key_limit_share_range check (share_weight between 1 and 1000),
    constraint key_limit_breaker_is_whole check (num_nonnulls(breaker_failures, breaker_hold_ms) in (0, 2)),
    constraint key_limit_breaker_range check (
        breaker_failures > 0 and breaker_failures <= 1000 and breaker_hold_ms between 1000 and 86400000
    )
);

comment on table tusk.key_limit is 'How many jobs with a key may run at once and start in a time, and whether any may.';
comment on column tusk.key_limit.key is 'queue:NAME, kind:NAME, a key that jobs name, or a class such as tenant:*.';
comment on column tusk.key_limit.running_max
is 'The most that run at once; of a class: for each key of it; null: any number, unless it is paused.';
comment on column tusk.key_limit.rate_max is 'How many may start in rate_period_ms; null: any number.';
comment on column tusk.key_limit.rate_burst is 'How many may start at once after a time without any.';
comment on column tusk.key_limit.rate_period_ms
is 'The time that rate_max is for, up to 31 days; 10 a millisecond at most.';
comment on column tusk.key_limit.breaker_failures
is 'So many jobs in a row that find their resource unavailable open the breaker; null: it has none.';
comment on column tusk.key_limit.breaker_hold_ms is 'How long an open breaker lets no job start, before one tries.';
comment on column tusk.key_limit.share_weight
is 'How many turns jobs with this fair key get for each of a key without; of a class: each key of it; null: 1.';
comment on column tusk.key_limit.paused_at is 'Since when none may start; null: it is not paused.';
comment on column tusk.key_limit.paused_until is 'Until when; null: until it is resumed.';
comment on column tusk.key_limit.paused_by is 'Who paused it.';
comment on column tusk.key_limit.pause_reason is 'Why.';
comment on column tusk.key_limit.updated_at is 'When it was set.';
comment on column tusk.key_limit.updated_by is 'Who set it.';

create view tusk.present_limit as
select
    given.key,
    case
        when given.paused_at is not null and coalesce(given.paused_until > clock_timestamp(), true) then 0
        else given.running_max
    end as most,
    ceil(given.rate_period_ms * 1000.0 / given.rate_max)::bigint * interval '1 us' as step,
    given.rate_burst as burst
from tusk.key_limit as given;

comment on view tusk.present_limit is 'How many jobs with a key may run at once and start now.';
comment on column tusk.present_limit.key is 'As in tusk.key_limit.';
comment on column tusk.present_limit.most is '0 while it is paused; null: any number.';
comment on column tusk.present_limit.step is 'A token comes each such time; null: it has no rate.';
comment on column tusk.present_limit.burst is 'How many tokens are kept; null: it has no rate.';

create table tusk.breaker (
    shard smallint not null default 0,
    failures integer not null,
    openings integer not null default 0,
    wave integer,
    passed integer not null default 0,
    opened_at timestamptz,
    probe_at timestamptz,
    updated_at timestamptz not null,
    key text collate "C" not null,
    reason text not null,
    constraint breaker_pkey primary key (shard, key),
    constraint breaker_is_open_or_not check (num_nonnulls(wave, opened_at, probe_at) in (0, 3))
) with (
    fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_threshold = -1, autovacuum_vacuum_cost_delay = 0
);

comment on table tusk.breaker is 'Keys whose resource was unavailable lately. Where all is well there is no row.';
comment on column tusk.breaker.shard is 'The shard of the jobs.';
comment on column tusk.breaker.failures is 'How many jobs found it unavailable since one succeeded.';
comment on column tusk.breaker.openings is 'How often it opened again since it was closed last.';
comment on column tusk.breaker.wave is 'How many may run at once; 0: one, from probe_at on; null: it is closed.';
comment on column tusk.breaker.passed is 'How many of the present wave succeeded.';
comment on column tusk.breaker.opened_at is 'Since when it is not closed; null: it is.';
comment on column tusk.breaker.probe_at is 'When one job tries; in the past while more and more do.';
comment on column tusk.breaker.updated_at is 'When something about it changed.';
comment on column tusk.breaker.key is 'The key of the limit, never a class.';
comment on column tusk.breaker.reason is 'What the last of these jobs said.';

create function tusk.breaker_most(wave integer, probe_at timestamptz) returns integer
language sql volatile parallel safe
return case when wave > 0 then wave when probe_at > clock_timestamp() then 0 when wave = 0 then 1 end;

comment on function tusk.breaker_most is 'How many jobs a breaker lets run at once now; null: any number.';

create table tusk.rate_bucket (
    shard smallint not null default 0,
    full_at timestamptz not null,
    offered_at timestamptz not null,
    key text collate "C" not null,
    constraint rate_bucket_pkey primary key (shard, key)
) with (
    fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_threshold = -1, autovacuum_vacuum_cost_delay = 0
);

comment on table tusk.rate_bucket is 'What is left of rates: a row for each key of which a token was taken lately.';
comment on column tusk.rate_bucket.shard is 'The shard of the jobs.';
comment on column tusk.rate_bucket.full_at is 'When all tokens are there again, if nobody takes any.';
comment on column tusk.rate_bucket.offered_at
is 'The same if the jobs that were brought back take theirs, so that nobody brings back others for the same tokens.';
comment on column tusk.rate_bucket.key is 'The key of the limit, never a class.';

create function tusk.rate_reach() returns interval
language sql immutable parallel safe
return interval '250 ms';

comment on function tusk.rate_reach is
'How long before its time a token may be taken, by a job that starts at that time.';

create table tusk.limit_hold (
    shard smallint not null default 0,
    weight smallint not null,
    lease bigint not null,
    key text collate "C" not null,
    places bit varying not null,
    constraint limit_hold_pkey primary key (shard, key, lease, weight),
    constraint limit_hold_weight_positive check (weight > 0)
) with (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_threshold = -1, autovacuum_vacuum_cost_delay = 0
);

create index limit_hold_lease on tusk.limit_hold (lease);

comment on table tusk.limit_hold
is 'What the jobs of leases hold of limits, as long as their lease does not say that they are done.';
comment on column tusk.limit_hold.shard is 'The shard of the jobs.';
comment on column tusk.limit_hold.weight is 'How much each of them counts.';
comment on column tusk.limit_hold.lease is 'Their lease.';
comment on column tusk.limit_hold.key is 'The key they count for.';
comment on column tusk.limit_hold.places is 'A bit for each position in the ids of the lease, 1 for those that count.';

create view tusk.present_hold as
select
    hold.shard,
    hold.key,
    hold.lease,
    hold.weight,
    held.places,
    hold.weight * bit_count(held.places) as total
from tusk.limit_hold as hold
cross join lateral (
    select case when lease.done is null then hold.places else hold.places & ~lease.done end as places
    from tusk.lease as lease
    where lease.shard = hold.shard and lease.number = hold.lease
    limit 1
) as held;

comment on view tusk.present_hold is 'What running jobs hold of limits now.';
comment on column tusk.present_hold.shard is 'As in tusk.limit_hold.';
comment on column tusk.present_hold.key is 'As in tusk.limit_hold.';
comment on column tusk.present_hold.lease is 'As in tusk.limit_hold.';
comment on column tusk.present_hold.weight is 'As in tusk.limit_hold.';
comment on column tusk.present_hold.places
is 'A bit for each position in the ids of the lease, 1 for those that hold now.';
comment on column tusk.present_hold.total is 'What they hold together.';

create function tusk.key_class(key text) returns text
language sql immutable
return left(key, length(key) - strpos(reverse(key), ':') + 1) || case when strpos(key, ':') > 0 then '*' end;

comment on function tusk.key_class is 'The class of a key: tenant:* of tenant:7; null for one without a colon.';

create function tusk.lock_gate(home smallint) returns void
language sql volatile
set search_path = pg_catalog, pg_temp
return pg_advisory_xact_lock(('x' || substr(md5('tusk.gate'), 1, 8))::bit(32)::integer, lock_gate.home);

comment on function tusk.lock_gate is
'Waits for the others that hand out room and tokens; what they gave is seen by the next statement.';

create function tusk.take_tokens(home smallint, numbers bigint [], keys text [], weights integer [])
returns table (number bigint, late_key text, start_at timestamptz)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    moment constant timestamptz := clock_timestamp();
    names text [];
    full_ats timestamptz [];
    steps interval [];
    bursts integer [];
    has_late boolean [];
    has_taken boolean [];
    job record;
    place integer;
    token_at timestamptz;
begin
    select
        array_agg(rate.key order by rate.key), array_agg(rate.full_at order by rate.key),
        array_agg(rate.step order by rate.key), array_agg(rate.burst order by rate.key),
        array_agg(false), array_agg(false)
    into names, full_ats, steps, bursts, has_late, has_taken
    from (
        select
            different.key,
            coalesce(own.step, class.step) as step,
            coalesce(own.burst, class.burst) as burst,
            greatest(bucket.full_at, moment) as full_at
        from (select distinct given.key from unnest(keys) as given (key)) as different
        left join tusk.present_limit as own on own.key = different.key
        left join tusk.present_limit as class on class.key = tusk.key_class(different.key)
        left join tusk.rate_bucket as bucket on bucket.shard = home and bucket.key = different.key
    ) as rate
    where rate.step is not null;

    for job in
        select
            given.number,
            array_agg(array_position(names, given.key)) as places,
            array_agg(least(given.weight, bursts[array_position(names, given.key)])) as weights
        from unnest(numbers, keys, weights) as given (number, key, weight)
        where given.key = any (names)
        group by given.number
        order by given.number
    loop
        number := job.number;
        start_at := moment;
        late_key := null;
        for i in 1..cardinality(job.places) loop
            place := job.places[i];
            token_at := full_ats[place] + (job.weights[i] - bursts[place]) * steps[place];
            -- The first that comes too early keeps those behind it waiting, or one with a weight would wait for ever.
            if token_at > moment + tusk.rate_reach() or has_late[place] then
                late_key := names[place];
                has_late[place] := true;
            end if;
            start_at := greatest(start_at, token_at);
        end loop;
        if late_key is null then
            for i in 1..cardinality(job.places) loop
                place := job.places[i];
                full_ats[place] := greatest(full_ats[place], start_at) + job.weights[i] * steps[place];
                has_taken[place] := true;
            end loop;
        end if;
        return next;
    end loop;

    insert into tusk.rate_bucket as bucket (shard, key, full_at, offered_at)
    select home, taken.key, taken.full_at, taken.full_at
    from unnest(names, full_ats, has_taken) as taken (key, full_at, is_taken)
    where taken.is_taken
    on conflict on constraint rate_bucket_pkey do update
    set full_at = excluded.full_at;
end
$$;

comment on function tusk.take_tokens is
'Takes the tokens of jobs by their numbers, each from all its keys or from none; late_key: has none soon.';

create function tusk.gated_candidates(
    home smallint,
    queues text [],
    priorities smallint [],
    cursors bigint [],
    kinds text [],
    jobs_most integer,
    alone boolean,
    is_fair boolean
) returns table (
    tid tid, id bigint, rank bigint, released boolean, priority smallint, lane smallint, interruptions smallint,
    attempt smallint, kind text, available_at timestamptz, keys text [], weights smallint [], max_attempts smallint,
    timeout_ms integer, args json, retry json, tags text [], metadata json, traceparent text, created_at timestamptz,
    ordinal bigint, bytes_before bigint
)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    limited_kinds constant text [] := array(
        select substr(given.key, 6)
        from tusk.key_limit as given
        where given.key >= 'kind:' and given.key < 'kind;'
    );
    has_deadlines constant boolean := exists (
        select from tusk.ready as ready where ready.shard = home and ready.turn_key > '' and ready.turn_key < '"'
    );
begin
    return query
    with place as (
        select given.queue, given.priority, given.cursor, given.number, coalesce(queue.limited, false) as is_limited
        from
            unnest(queues, priorities, cursors) with ordinality as given (queue, priority, cursor, number)
        left join tusk.queue as queue on queue.name = given.queue
        left join tusk.paused_queue as paused on paused.name = given.queue
        where paused.name is null
    )
    select
        first.tid, first.id, first.rank, first.released, first.priority, first.lane::smallint, first.interruptions,
        first.attempt, first.kind, first.available_at,
        coalesce(job.limit_keys, '{}')
        || case when first.is_limited then array['queue:' || first.queue] end
        || case when first.kind = any (limited_kinds) then array['kind:' || first.kind] end,
        job.limit_weights, job.max_attempts, job.timeout_ms, job.args, job.retry, job.tags, job.metadata,
        job.traceparent, job.created_at,
        row_number() over line,
        sum(first.args_bytes) over line - first.args_bytes
    from (
        select waiting.*
        from place
        cross join lateral (
            select pressing.*
            from (
                select ready.*, ready.ctid as tid, place.number as lane, place.is_limited, ready.rank as turn
                from tusk.ready as ready
                where
                    not is_fair and has_deadlines
                    and ready.shard = home and ready.queue = place.queue and ready.priority = place.priority
                    and ready.turn_key > '' and ready.turn_key < '"' and ready.kind = any (kinds)
                    and (ready.interruptions > 0) = alone
                    and (ready.gated or place.is_limited or ready.kind = any (limited_kinds))
                order by ready.turn_key, ready.rank
                limit jobs_most
                for update skip locked
            ) as pressing
            union all
            select gated.*
            from (
                select ready.*, ready.ctid as tid, place.number as lane, place.is_limited, ready.rank as turn
                from tusk.ready as ready
                where
                    not is_fair
                    and ready.shard = home and ready.queue = place.queue and ready.priority = place.priority
                    and ready.gated and ready.turn_key = '' and ready.rank > place.cursor
                    and ready.kind = any (kinds)
                    and (ready.interruptions > 0) = alone
                order by ready.rank
                limit jobs_most
                for update skip locked
            ) as gated
            union all
            select other.*
            from (
                select ready.*, ready.ctid as tid, place.number as lane, place.is_limited, ready.rank as turn
                from tusk.ready as ready
                where
                    not is_fair and (place.is_limited or cardinality(limited_kinds) > 0)
                    and ready.shard = home and ready.queue = place.queue and ready.priority = place.priority
                    and not ready.gated and ready.turn_key = '' and ready.rank > place.cursor
                    and ready.kind = any (kinds) and (ready.interruptions > 0) = alone
                    and (place.is_limited or ready.kind = any (limited_kinds))
                order by ready.rank
                limit jobs_most
                for update skip locked
            ) as other
            union all
            select unfair.*
            from (
                select ready.*, ready.ctid as tid, place.number as lane, place.is_limited, ready.rank as turn
                from tusk.ready as ready
                where
                    alone
                    and ready.shard = home and ready.queue = place.queue and ready.priority = place.priority
                    and ready.gated and ready.turn_key > '"' and ready.kind = any (kinds) and ready.interruptions > 0
                order by ready.rank
                limit jobs_most
                for update skip locked
            ) as unfair
            union all
            select fair.*
            from (
                select waiting.*, head.tid, place.number as lane, place.is_limited, head.turn
                from tusk.fair_heads(home, place.queue, place.priority, kinds, jobs_most) as head
                cross join lateral (
                    select ready.*
                    from tusk.ready as ready
                    where ready.ctid = head.tid
                    limit 1
                    for update skip locked
                ) as waiting
                where is_fair
            ) as fair
        ) as waiting
        limit jobs_most
    ) as first
    cross join lateral (
        select
            job.limit_keys, job.limit_weights, job.max_attempts, job.timeout_ms, job.args, job.retry, job.tags,
            job.metadata, job.traceparent, job.created_at
        from tusk.job as job
        where
            job.shard = home and job.id = first.id
            and (
                job.start_by is null or first.last_lease <> 0 or alone
                or not tusk.is_late(home, job.id, job.start_by)
            )
        limit 1
    ) as job
    window line as (
        order by
            first.priority, first.released desc, first.lane,
            case when first.turn_key < '"' then nullif(first.turn_key, '') end, first.turn
        rows unbounded preceding
    );
end
$$;

comment on function tusk.gated_candidates is
'Locks waiting jobs that limits may hold back, in claim order; with the keys that each counts for, also its queue''s and
kind''s where these have limits. is_fair: those with fair keys, in turn.';

create function tusk.claim_gated(
    home smallint,
    worker_id uuid,
    queues text [],
    priorities smallint [],
    cursors bigint [],
    kinds text [],
    kinds_apart text [],
    jobs_most integer,
    bytes_most bigint,
    alone boolean,
    is_fair boolean
) returns table (
    lease bigint, id bigint, rank bigint, lane smallint, attempt smallint, max_attempts smallint, timeout_ms integer,
    kind text, args json, retry json, tags text [], metadata json, traceparent text, created_at timestamptz,
    available_at timestamptz, claimed_at timestamptz, start_at timestamptz, waits_for text, snapshot_xmin bigint,
    snapshot_xmax bigint
)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set enable_hashjoin = on
as $$
#variable_conflict use_column
declare
    limited_kinds constant text [] := array(
        select substr(given.key, 6)
        from tusk.key_limit as given
        where given.key >= 'kind:' and given.key < 'kind;'
    );
    has_deadlines constant boolean := exists (
        select from tusk.ready as ready where ready.shard = home and ready.turn_key > '' and ready.turn_key < '"'
    );
    tids tid [];
    tid_ids bigint [];
    late_keys text [];
    start_ats timestamptz [];
    used_ids bigint [];
    used_keys text [];
    used_weights integer [];
    used_mosts integer [];
    are_rated boolean [];
    watched text [] := '{}';
    shared_lease bigint;
begin
    perform tusk.lock_gate(home);
    if not exists (select from tusk.worker as worker where worker.id = worker_id and worker.state = 'live') then
        return;
    end if;
    if is_fair then
        perform tusk.look_after_shares(home, given.queue, given.priority)
        from unnest(queues, priorities) as given (queue, priority)
        where exists (
            select from tusk.ready as ready
            where
                ready.shard = home and ready.queue = given.queue and ready.priority = given.priority and ready.gated
                and ready.turn_key > '"'
        ) or exists (
            select from tusk.fair_share as share
            where share.shard = home and share.queue = given.queue and share.priority = given.priority
        );
    end if;

    -- Mostly there is room for all of them, and nothing is to be judged one by one. What is picked is deleted by the
    -- same statement, so it is picked here and not by gated_candidates: a function sees rows that were committed a
    -- moment after the statement began, which the delete would not, and they would be claimed again.
    -- Nothing is sorted behind the join with job, whose columns are wide: nested loops, CTE scans and windows without
    -- an order keep that of line, in the answer as in the ids of the lease. What the bytes leave out are the last rows
    -- of the lanes, before those that were released are put first, so that the cursors stand behind what was taken.
    shared_lease := nextval('tusk.lease_number');
    return query
    with place as (
        select given.queue, given.priority, given.cursor, given.number, coalesce(queue.limited, false) as is_limited
        from
            unnest(queues, priorities, cursors) with ordinality as given (queue, priority, cursor, number)
        left join tusk.queue as queue on queue.name = given.queue
        left join tusk.paused_queue as paused on paused.name = given.queue
        where paused.name is null and not is_fair
    ),
    picked as materialized (
        select waiting.*
        from place
        cross join lateral (
            select pressing.*
            from (
                select ready.*, ready.ctid as tid, place.number as lane, place.is_limited
                from tusk.ready as ready
                where
                    has_deadlines
                    and ready.shard = home and ready.queue = place.queue and ready.priority = place.priority
                    and ready.turn_key > '' and ready.turn_key < '"' and ready.kind = any (kinds)
                    and (ready.interruptions > 0) = alone
                    and (ready.gated or place.is_limited or ready.kind = any (limited_kinds))
                order by ready.turn_key, ready.rank
                limit jobs_most
                for update skip locked
            ) as pressing
            union all
            select gated.*
            from (
                select ready.*, ready.ctid as tid, place.number as lane, place.is_limited
                from tusk.ready as ready
                where
                    ready.shard = home and ready.queue = place.queue and ready.priority = place.priority
                    and ready.gated and ready.turn_key = '' and ready.rank > place.cursor
                    and ready.kind = any (kinds) and (ready.interruptions > 0) = alone
                order by ready.rank
                limit jobs_most
                for update skip locked
            ) as gated
            union all
            select other.*
            from (
                select ready.*, ready.ctid as tid, place.number as lane, place.is_limited
                from tusk.ready as ready
                where
                    (place.is_limited or cardinality(limited_kinds) > 0)
                    and ready.shard = home and ready.queue = place.queue and ready.priority = place.priority
                    and not ready.gated and ready.turn_key = '' and ready.rank > place.cursor
                    and ready.kind = any (kinds) and (ready.interruptions > 0) = alone
                    and (place.is_limited or ready.kind = any (limited_kinds))
                order by ready.rank
                limit jobs_most
                for update skip locked
            ) as other
        ) as waiting
        limit jobs_most
    ),
    fitting as materialized (
        select
            case
                when size.bytes <= bytes_most then size.jobs
                else (
                    select count(*)
                    from (
                        select sum(picked.args_bytes) over (rows unbounded preceding) - picked.args_bytes as before
                        from picked
                    ) as sized
                    where sized.before < bytes_most
                )
            end as jobs
        from (select sum(picked.args_bytes) as bytes, count(*) as jobs from picked) as size
    ),
    candidate as materialized (
        select
            line.tid, line.id,
            case when line.turn_key = '' then line.rank else -line.rank end as rank,
            line.lane::smallint as lane, line.attempt, line.interruptions, line.available_at,
            alone or line.kind = any (kinds_apart) as is_apart,
            case when alone or line.kind = any (kinds_apart) then nextval('tusk.lease_number') else shared_lease end
                as lease,
            case
                when line.is_limited or line.kind = any (limited_kinds) then
                    coalesce(job.limit_keys, '{}')
                    || case when line.is_limited then array['queue:' || line.queue] end
                    || case when line.kind = any (limited_kinds) then array['kind:' || line.kind] end
                else job.limit_keys
            end as keys,
            job.limit_weights as weights,
            line.kind, job.max_attempts, job.timeout_ms, job.args, job.retry, job.tags, job.metadata, job.traceparent,
            job.created_at
        from (
            select first.*
            from (select picked.* from picked limit (select fitting.jobs from fitting)) as first
            order by first.priority, first.released desc, first.lane, nullif(first.turn_key, ''), first.rank
        ) as line
        cross join lateral (
            select
                job.limit_keys, job.limit_weights, job.max_attempts, job.timeout_ms, job.args, job.retry, job.tags,
                job.metadata, job.traceparent, job.created_at
            from tusk.job as job
            where
                job.shard = home and job.id = line.id
                and (
                    job.start_by is null or line.last_lease <> 0 or alone
                    or not tusk.is_late(home, job.id, job.start_by)
                )
            limit 1
        ) as job
    ),
    placed as materialized (
        select
            candidate.keys, candidate.weights, candidate.lease, candidate.is_apart,
            case
                when candidate.is_apart then 0
                else count(*) filter (where not candidate.is_apart) over (rows unbounded preceding) - 1
            end::integer as place
        from candidate
    ),
    used as materialized (
        select
            named.key, coalesce(named.weight, 1::smallint) as weight, named.lease, count(*) as jobs,
            bit_or(set_bit(
                case
                    when named.is_apart then '0'
                    else (
                        select repeat('0', count(*)::integer)::bit varying from placed where not placed.is_apart
                    )
                end,
                named.place, 1
            )) as places
        from (
            select
                unnest(placed.keys) as key, unnest(placed.weights) as weight, placed.lease, placed.is_apart,
                placed.place
            from placed
        ) as named
        group by named.key, coalesce(named.weight, 1::smallint), named.lease
    ),
    bound as materialized (
        select
            wanted.*,
            least(
                coalesce(least(own.most, case when class.most = 0 then 0 end), class.most),
                tusk.breaker_most(breaker.wave, breaker.probe_at)
            ) as most,
            coalesce(own.step, class.step) is not null as is_rated
        from (
            select
                used.key,
                sum(used.weight * used.jobs) as weight,
                array_agg(used.weight) as weights,
                array_agg(used.lease) as leases,
                array_agg(used.places) as all_places
            from used
            group by used.key
        ) as wanted
        left join tusk.present_limit as own on own.key = wanted.key
        left join tusk.present_limit as class on class.key = tusk.key_class(wanted.key)
        left join tusk.breaker as breaker on breaker.shard = home and breaker.key = wanted.key
    ),
    verdict as materialized (
        select not exists (
            select
            from bound
            where
                bound.is_rated
                -- Mostly there is room even beside all that was ever held under these leases, which costs no look at
                -- them.
                or bound.most is not null and bound.weight > bound.most - (
                    select coalesce(sum(hold.weight * bit_count(hold.places)), 0)
                    from tusk.limit_hold as hold
                    where hold.shard = home and hold.key = bound.key
                ) and bound.weight > bound.most - (
                    select coalesce(sum(held.total), 0)
                    from tusk.present_hold as held
                    where held.shard = home and held.key = bound.key
                )
                or exists (
                    select from tusk.blocked as blocked
                    where blocked.shard = home and blocked.reason = 'limit' and blocked.key = bound.key
                    limit 1
                )
        ) as is_free
    ),
    taken as not materialized (
        select candidate.*
        from candidate
        where (select verdict.is_free from verdict)
    ),
    gone as (
        delete from tusk.ready as ready
        where ready.ctid = any (array(select taken.tid from taken))
    ),
    held as (
        insert into tusk.limit_hold (shard, weight, lease, key, places)
        select home, least(used.weight, bound.most), used.lease, bound.key, bit_or(used.places)
        from bound
        cross join lateral unnest(bound.weights, bound.leases, bound.all_places) as used (weight, lease, places)
        where bound.most is not null and (select verdict.is_free from verdict)
        group by bound.key, used.lease, least(used.weight, bound.most)
    ),
    leased_together as (
        insert into tusk.lease (shard, gated, number, worker_id, claimed_at, ids, attempts)
        select
            home, true, shared_lease, worker_id, clock_timestamp(), array_agg(taken.id), array_agg(taken.attempt)
        from taken
        where not taken.is_apart
        having count(*) > 0
    ),
    leased_apart as (
        insert into tusk.lease (shard, interruptions, gated, number, worker_id, claimed_at, ids, attempts)
        select
            home, taken.interruptions, true, taken.lease, worker_id, clock_timestamp(), array[taken.id],
            array[taken.attempt]
        from taken
        where taken.is_apart and (alone or cardinality(kinds_apart) > 0)
    )
    select
        taken.lease, taken.id, taken.rank, taken.lane, taken.attempt, taken.max_attempts, taken.timeout_ms, taken.kind,
        taken.args, taken.retry, taken.tags, taken.metadata, taken.traceparent, taken.created_at, taken.available_at,
        case when taken.id = first.id then clock_timestamp() end,
        null::timestamptz,
        null::text,
        case when taken.id = first.id and first.is_whole then pg_snapshot_xmin(pg_current_snapshot())::text::bigint end,
        case when taken.id = first.id and first.is_whole then pg_snapshot_xmax(pg_current_snapshot())::text::bigint end
    from taken
    cross join (
        select
            candidate.id,
            -- Jobs that are too late to start are left where they are, and hide what is behind them.
            (select count(*) from candidate) = (select fitting.jobs from fitting) as is_whole
        from candidate
        limit 1
    ) as first;
    if found then
        return;
    end if;

    -- Picks rows in claim order and judges them by the room there is. A job counts for those behind it whether or not
    -- another of its keys lets it run: who is refused for that is released soon.
    with candidate as materialized (
        select picked.*
        from tusk.gated_candidates(home, queues, priorities, cursors, kinds, jobs_most, alone, is_fair) as picked
    ),
    named as materialized (
        select
            candidate.ordinal, candidate.released, candidate.priority, given.key, coalesce(given.weight, 1) as weight
        from candidate
        cross join lateral unnest(candidate.keys, candidate.weights) as given (key, weight)
    ),
    different as materialized (
        select distinct named.key
        from named
    ),
    allowed as materialized (
        select
            different.key,
            -- A paused class holds back all its keys.
            least(
                coalesce(least(own.most, case when class.most = 0 then 0 end), class.most),
                tusk.breaker_most(breaker.wave, breaker.probe_at)
            ) as most,
            coalesce(own.burst, class.burst) as burst
        from different
        left join tusk.present_limit as own on own.key = different.key
        left join tusk.present_limit as class on class.key = tusk.key_class(different.key)
        left join tusk.breaker as breaker on breaker.shard = home and breaker.key = different.key
    ),
    bound as materialized (
        select
            allowed.key,
            allowed.most,
            allowed.burst,
            allowed.most - (
                select coalesce(sum(held.total), 0)
                from tusk.present_hold as held
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
        where allowed.most is not null or allowed.burst is not null
    ),
    judged as materialized (
        select
            named.ordinal,
            named.key,
            named.weight,
            bound.most,
            bound.burst,
            coalesce(
                bound.most = 0
                or not named.released and bound.priority_ahead <= named.priority
                or sum(least(named.weight, bound.most)) over (
                    partition by named.key order by named.ordinal rows unbounded preceding
                ) > bound.room,
                false
            ) as is_refused
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
    line as (
        select
            array_agg(verdict.tid order by verdict.ordinal) as tids,
            array_agg(verdict.id order by verdict.ordinal) as ids,
            array_agg(verdict.key order by verdict.ordinal) as keys
        from verdict
    ),
    uses as (
        select
            array_agg(verdict.id order by verdict.ordinal) as ids,
            array_agg(judged.key order by verdict.ordinal) as keys,
            array_agg(judged.weight order by verdict.ordinal) as weights,
            array_agg(judged.most order by verdict.ordinal) as mosts,
            array_agg(judged.burst is not null order by verdict.ordinal) as are_rated
        from verdict
        inner join judged on judged.ordinal = verdict.ordinal
        where verdict.key is null
    )
    select
        line.tids, line.ids, line.keys, uses.ids, uses.keys, uses.weights, uses.mosts, uses.are_rated
    into tids, tid_ids, late_keys, used_ids, used_keys, used_weights, used_mosts, are_rated
    from line
    cross join uses;
    if tids is null then
        return;
    end if;

    if true = any (are_rated) then
        with given as (
            select
                array_agg(array_position(tid_ids, used.id)::bigint) as numbers,
                array_agg(used.key) as keys,
                array_agg(used.weight) as weights
            from unnest(used_ids, used_keys, used_weights, are_rated) as used (id, key, weight, is_rated)
            where used.is_rated
        ),
        token as materialized (
            select taken.*
            from given
            cross join lateral tusk.take_tokens(home, given.numbers, given.keys, given.weights) as taken
        )
        select
            array_agg(coalesce(line.key, token.late_key) order by line.number),
            array_agg(token.start_at order by line.number)
        into late_keys, start_ats
        from unnest(late_keys) with ordinality as line (key, number)
        left join token on token.number = line.number;
        watched := array(
            select distinct used.key
            from unnest(used_keys, are_rated) as used (key, is_rated)
            where used.is_rated
        );
    end if;

    with refused as (
        select picked.tid, picked.key
        from unnest(tids, late_keys) as picked (tid, key)
        where picked.key is not null
    ),
    gone as (
        delete from tusk.ready as ready
        where ready.ctid = any (array(select refused.tid from refused))
    ),
    set_aside as (
        insert into tusk.blocked (
            shard, priority, attempt, interruptions, args_bytes, rank, id, last_lease, blocked_at, reason, key,
            turn_key, queue, kind
        )
        select
            home, ready.priority, ready.attempt, ready.interruptions, ready.args_bytes, ready.rank, ready.id,
            ready.last_lease, clock_timestamp(), 'limit', refused.key, ready.turn_key, ready.queue, ready.kind
        from refused
        inner join tusk.ready as ready on ready.ctid = refused.tid
        returning key
    )
    select watched || array_agg(distinct set_aside.key) into watched
    from set_aside;
    if is_fair then
        perform tusk.charge_shares(home, array(
            select picked.tid from unnest(tids, late_keys) as picked (tid, key) where picked.key is null
        ));
    end if;

    return query
    with chosen as materialized (
        select
            row.ordinal,
            row.start_at,
            ready.*,
            places.number::smallint as lane,
            ready.kind = any (kinds_apart) or alone as is_apart
        from unnest(tids, late_keys, start_ats) with ordinality as row (tid, late_key, start_at, ordinal)
        inner join tusk.ready as ready on ready.ctid = row.tid
        inner join unnest(queues, priorities) with ordinality as places (queue, priority, number)
            on places.queue = ready.queue and places.priority = ready.priority
        where row.late_key is null
    ),
    taken as materialized (
        select
            chosen.*,
            case when chosen.is_apart then nextval('tusk.lease_number') else shared_lease end as lease,
            row_number() over (partition by chosen.is_apart order by chosen.ordinal) as number,
            count(*) over (partition by chosen.is_apart) as size
        from chosen
    ),
    gone as (
        delete from tusk.ready as ready where ready.ctid = any (tids)
    ),
    held as (
        insert into tusk.limit_hold (shard, weight, lease, key, places)
        select
            home,
            least(used.weight, used.most)::smallint,
            taken.lease,
            used.key,
            bit_or(
                case
                    when taken.is_apart then '1'
                    else set_bit(repeat('0', taken.size::integer)::bit varying, taken.number::integer - 1, 1)
                end
            )
        from taken
        inner join unnest(used_ids, used_keys, used_weights, used_mosts) as used (id, key, weight, most)
            on used.id = taken.id
        where used.most is not null
        group by taken.lease, used.key, least(used.weight, used.most)
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
        clock_timestamp(), taken.start_at, null::text, null::bigint, null::bigint
    from taken
    cross join lateral (
        select job.*
        from tusk.job as job
        where job.shard = home and job.id = taken.id
        limit 1
    ) as job
    order by taken.ordinal;
    return query
    select
        null::bigint, null::bigint, null::bigint, null::smallint, null::smallint, null::smallint, null::integer,
        null::text, null::json, null::json, null::text [], null::json, null::text, null::timestamptz,
        null::timestamptz, null::timestamptz, null::timestamptz, different.key, null::bigint, null::bigint
    from (select distinct given.key from unnest(watched) as given (key)) as different;
end
$$;

comment on function tusk.claim_gated is
'Claims jobs that limits may hold back, or puts them into blocked; a row with waits_for names a key to look at soon.';

create function tusk.release_limited(home smallint, limited_keys text [], out queues text [], out wait_ms integer)
returns record
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set enable_hashjoin = on
as $$
#variable_conflict use_column
declare
    -- More often nobody needs to look for the next token.
    pause_ms constant integer := 50;
    moment timestamptz;
begin
    -- Of two that bring jobs back for the tokens of a key the second sees what the first did.
    perform from tusk.rate_bucket as bucket
    where bucket.shard = home and bucket.key = any (limited_keys)
    order by bucket.key
    for update;
    moment := clock_timestamp();

    with bound as materialized (
        select
            given.key,
            least(
                coalesce(least(own.most, case when class.most = 0 then 0 end), class.most),
                tusk.breaker_most(breaker.wave, breaker.probe_at)
            ) as most,
            coalesce(own.step, class.step) as step,
            coalesce(own.burst, class.burst) as burst,
            greatest(bucket.full_at, bucket.offered_at, moment) as full_at,
            (
                select coalesce(sum(held.total), 0)
                from tusk.present_hold as held
                where held.shard = home and held.key = given.key
            ) as held
        from (select distinct given.key from unnest(limited_keys) as given (key)) as given
        left join tusk.present_limit as own on own.key = given.key
        left join tusk.present_limit as class on class.key = tusk.key_class(given.key)
        left join tusk.rate_bucket as bucket on bucket.shard = home and bucket.key = given.key
        left join tusk.breaker as breaker on breaker.shard = home and breaker.key = given.key
    ),
    roomy as materialized (
        select
            bound.key,
            bound.most,
            bound.step,
            bound.burst,
            bound.full_at,
            bound.most - bound.held as room,
            bound.burst + floor(
                extract(epoch from moment + tusk.rate_reach() - bound.full_at) / extract(epoch from bound.step)
            ) as tokens
        from bound
    ),
    freed as materialized (
        select roomy.key, line.tid, line.tokens
        from roomy
        cross join lateral (
            select
                waiting.tid,
                least(job.weight, roomy.burst) as tokens,
                sum(least(job.weight, roomy.most)) over earlier as room_reach,
                sum(least(job.weight, roomy.burst)) over earlier as token_reach
            from (
                select
                    blocked.ctid as tid, blocked.id, blocked.priority, blocked.rank,
                    case when blocked.turn_key < '"' then nullif(blocked.turn_key, '') end as deadline
                from tusk.blocked as blocked
                where
                    blocked.shard = home and blocked.reason = 'limit' and blocked.key = roomy.key
                    and not exists (
                        select from tusk.paused_queue as paused where paused.name = blocked.queue
                    )
                order by
                    blocked.priority, case when blocked.turn_key < '"' then nullif(blocked.turn_key, '') end,
                    blocked.rank
                limit greatest(0, least(1000, roomy.room, roomy.tokens))
                for update skip locked
            ) as waiting
            cross join lateral (
                select coalesce(job.limit_weights[array_position(job.limit_keys, roomy.key)], 1) as weight
                from tusk.job as job
                where job.shard = home and job.id = waiting.id
                limit 1
            ) as job
            window earlier as (
                order by waiting.priority, waiting.deadline, waiting.rank rows unbounded preceding
            )
        ) as line
        -- The first that does not fit keeps those behind it waiting, or it would wait for ever.
        where coalesce(line.room_reach <= roomy.room, true) and coalesce(line.token_reach <= roomy.tokens, true)
    ),
    offered as (
        insert into tusk.rate_bucket as bucket (shard, key, full_at, offered_at)
        select home, roomy.key, moment, roomy.full_at + sum(freed.tokens) * roomy.step
        from freed
        inner join roomy on roomy.key = freed.key
        where roomy.step is not null
        group by roomy.key, roomy.full_at, roomy.step
        on conflict on constraint rate_bucket_pkey do update
        set offered_at = excluded.offered_at
    ),
    gone as (
        delete from tusk.blocked as blocked
        where blocked.ctid = any (array(select freed.tid from freed))
        returning blocked.*
    ),
    entered as (
        insert into tusk.ready (
            shard, priority, attempt, interruptions, gated, released, args_bytes, id, last_lease, available_at,
            turn_key, queue, kind
        )
        select
            home, line.priority, line.attempt, line.interruptions, true, true, line.args_bytes, line.id,
            line.last_lease, clock_timestamp(), line.turn_key, line.queue, line.kind
        from (
            select gone.*
            from gone
            order by gone.priority, case when gone.turn_key < '"' then nullif(gone.turn_key, '') end, gone.rank
        ) as line
        returning queue
    ),
    next as (
        select min(extract(epoch from roomy.full_at + (
            coalesce((select sum(freed.tokens) from freed where freed.key = roomy.key), 0) + 1 - roomy.burst
        ) * roomy.step - tusk.rate_reach() - moment)) as seconds
        from roomy
        where
            roomy.step is not null and coalesce(roomy.room > 0, true)
            and exists (
                select from tusk.blocked as blocked
                where
                    blocked.shard = home and blocked.reason = 'limit' and blocked.key = roomy.key
                    and blocked.ctid <> all (array(select freed.tid from freed))
            )
    )
    select
        (select array_agg(distinct entered.queue) from entered),
        (select least(greatest(pause_ms, ceil(next.seconds * 1000)), 3600000) from next where next.seconds is not null)
    into queues, wait_ms;
    queues := coalesce(queues, '{}');
end
$$;

comment on function tusk.release_limited is
'Brings back jobs that wait for keys with room and tokens now, at most 1,000 a key; the queues they went to, and when to
come again for the next token: null when nothing waits for one.';

create function tusk.waiting_keys(home smallint, reason text, after text, before text, keys_most integer)
returns text []
language sql stable
set search_path = pg_catalog, pg_temp
return array(
    with recursive waited (key) as (
        (
            select blocked.key
            from tusk.blocked as blocked
            where
                blocked.shard = waiting_keys.home and blocked.reason = waiting_keys.reason
                and blocked.key > coalesce(waiting_keys.after, '')
                and (waiting_keys.before is null or blocked.key < waiting_keys.before)
            order by blocked.key
            limit 1
        )
        union all
        select (
            select blocked.key
            from tusk.blocked as blocked
            where
                blocked.shard = waiting_keys.home and blocked.reason = waiting_keys.reason
                and blocked.key > waited.key
                and (waiting_keys.before is null or blocked.key < waiting_keys.before)
            order by blocked.key
            limit 1
        )
        from waited
        where waited.key is not null
    )
    select waited.key from waited where waited.key is not null limit waiting_keys.keys_most
);

comment on function tusk.waiting_keys is 'The first keys, in order, that jobs wait for between two others.';

create function tusk.release_limit(home smallint, key text) returns text []
language sql volatile
set search_path = pg_catalog, pg_temp
return (tusk.release_limited(
    release_limit.home,
    case
        when release_limit.key like '%:*' then tusk.waiting_keys(
            release_limit.home, 'limit', left(release_limit.key, -1), left(release_limit.key, -2) || ';', 1000
        )
        else array[release_limit.key]
    end
)).queues;

comment on function tusk.release_limit is
'The same for a key whose limit was changed, and for the first 1,000 keys of a class that jobs wait for.';

create function tusk.release_limited_by(home smallint, ids bigint []) returns text []
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (select from tusk.breaker as breaker where breaker.shard = home limit 1) then
        perform tusk.pass_breakers(home, ids);
    end if;
    if not exists (
        select from tusk.blocked as blocked
        where blocked.shard = home and blocked.reason = 'limit'
        limit 1
    ) then
        return '{}';
    end if;
    return (tusk.release_limited(home, array(
        select distinct key.text
        from unnest(ids) as ended (id)
        cross join lateral (
            select job.queue, job.kind, job.limit_keys
            from tusk.job as job
            where job.shard = home and job.id = ended.id
            limit 1
        ) as job
        cross join lateral unnest(
            array['queue:' || job.queue, 'kind:' || job.kind] || coalesce(job.limit_keys, '{}')
        ) as key (text)
        where exists (
            select from tusk.blocked as blocked
            where blocked.shard = home and blocked.reason = 'limit' and blocked.key = key.text
        )
    ))).queues;
end
$$;

comment on function tusk.release_limited_by is 'The same for the keys of jobs that have just ended.';
