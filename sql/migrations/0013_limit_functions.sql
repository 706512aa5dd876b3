-- Setting limits, pausing keys, and taking tokens of a rate from within a job.
-- Why: all that says what a key may do goes through functions that check it, for SQL, HTTP and Swift alike.
-- Locks: only new objects. Cost on 10 million rows: none.

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

create function tusk.put_limit(
    key text,
    running_max integer default null,
    rate_max integer default null,
    rate_period interval default null,
    rate_burst integer default null,
    updated_by text default current_user,
    breaker_failures integer default null,
    breaker_hold interval default null,
    share_weight integer default null
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    period_ms constant numeric := round(extract(epoch from put_limit.rate_period) * 1000);
    hold_ms constant numeric := round(extract(epoch from put_limit.breaker_hold) * 1000);
begin
    perform tusk.check_limit_key(put_limit.key);
    if num_nonnulls(
        put_limit.running_max, put_limit.rate_max, put_limit.breaker_failures, put_limit.share_weight
    ) = 0 then
        perform tusk.refuse('#', 'a limit needs running_max, rate_max, breaker_failures or share_weight');
    elsif put_limit.running_max not between 1 and 100000 then
        perform tusk.refuse('#/running_max', 'running_max must be a whole number from 1 to 100000');
    elsif put_limit.rate_max is null and put_limit.rate_period is not null then
        perform tusk.refuse('#/rate_period', 'rate_period is for rate_max, which is missing');
    elsif put_limit.rate_max is null and put_limit.rate_burst is not null then
        perform tusk.refuse('#/rate_burst', 'rate_burst is for rate_max, which is missing');
    elsif put_limit.rate_max < 1 then
        perform tusk.refuse('#/rate_max', 'rate_max must be at least 1');
    elsif put_limit.rate_max is not null and put_limit.rate_period is null then
        perform tusk.refuse('#/rate_period', 'rate_period is missing');
    elsif not isfinite(put_limit.rate_period) or period_ms not between 1 and 2678400000 then
        perform tusk.refuse('#/rate_period', 'rate_period must be from 1 ms to 31 days');
    elsif period_ms * 10 < put_limit.rate_max then
        perform tusk.refuse('#/rate_max', 'rate_max must be at most 10 for each millisecond of rate_period');
    elsif put_limit.rate_burst not between 1 and 100000 then
        perform tusk.refuse('#/rate_burst', 'rate_burst must be a whole number from 1 to 100000');
    elsif put_limit.breaker_failures is null and put_limit.breaker_hold is not null then
        perform tusk.refuse('#/breaker_hold', 'breaker_hold is for breaker_failures, which is missing');
    elsif put_limit.breaker_failures not between 1 and 1000 then
        perform tusk.refuse('#/breaker_failures', 'breaker_failures must be a whole number from 1 to 1000');
    elsif not isfinite(put_limit.breaker_hold) or hold_ms not between 1000 and 86400000 then
        perform tusk.refuse('#/breaker_hold', 'breaker_hold must be from 1 s to 1 day');
    elsif put_limit.share_weight not between 1 and 1000 then
        perform tusk.refuse('#/share_weight', 'share_weight must be a whole number from 1 to 1000');
    elsif put_limit.share_weight is not null and put_limit.key ~ '^(queue|kind):' then
        perform tusk.refuse('#/share_weight', 'share_weight is for keys that jobs name, and classes of those');
    end if;
    insert into tusk.key_limit as present (
        key, running_max, rate_max, rate_period_ms, rate_burst, breaker_failures, breaker_hold_ms, share_weight,
        updated_by
    )
    values (
        put_limit.key, put_limit.running_max, put_limit.rate_max, period_ms,
        case when put_limit.rate_max is not null then coalesce(put_limit.rate_burst, 1) end,
        put_limit.breaker_failures,
        case when put_limit.breaker_failures is not null then coalesce(hold_ms, 30000) end, put_limit.share_weight,
        put_limit.updated_by
    )
    on conflict on constraint key_limit_pkey do update
    set
        running_max = excluded.running_max,
        rate_max = excluded.rate_max,
        rate_period_ms = excluded.rate_period_ms,
        rate_burst = excluded.rate_burst,
        breaker_failures = excluded.breaker_failures,
        breaker_hold_ms = excluded.breaker_hold_ms,
        share_weight = excluded.share_weight,
        updated_at = clock_timestamp(),
        updated_by = excluded.updated_by;
    -- What was taken at the former rate is not held against the new one for longer than that takes to fill a bucket.
    if put_limit.rate_max is not null then
        perform tusk.lock_gate(0::smallint);
        update tusk.rate_bucket as bucket
        set
            full_at = least(bucket.full_at, clock_timestamp() + rate.burst * rate.step),
            offered_at = least(bucket.offered_at, clock_timestamp() + rate.burst * rate.step)
        from tusk.present_limit as rate
        where
            rate.key = put_limit.key
            and (bucket.key = rate.key or rate.key like '%:*' and tusk.key_class(bucket.key) = rate.key);
    end if;
    if put_limit.breaker_failures is null then
        perform tusk.close_breakers(put_limit.key);
    end if;
    if put_limit.key like 'queue:%' then
        insert into tusk.queue as queue (name, limited)
        values (substr(put_limit.key, 7), true)
        on conflict on constraint queue_pkey do update
        set limited = true;
    end if;
end
$$;

comment on function tusk.put_limit
is 'Sets how many jobs with a key may run at once and start in a time, its breaker and its fair share, as a whole. The
next claim keeps to it.';

create function tusk.remove_limit(key text) returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    delete from tusk.key_limit as present
    where
        present.key = remove_limit.key and present.paused_at is null
        and num_nonnulls(present.running_max, present.rate_max, present.breaker_failures, present.share_weight) > 0;
    if not found then
        -- A pause stays.
        update tusk.key_limit as present
        set
            running_max = null, rate_max = null, rate_period_ms = null, rate_burst = null, breaker_failures = null,
            breaker_hold_ms = null, share_weight = null
        where
            present.key = remove_limit.key
            and num_nonnulls(present.running_max, present.rate_max, present.breaker_failures, present.share_weight) > 0;
    end if;
    if not found then
        return false;
    end if;
    perform tusk.close_breakers(remove_limit.key);
    if remove_limit.key like 'queue:%' then
        update tusk.queue as queue set limited = false where queue.name = substr(remove_limit.key, 7);
    end if;
    return true;
end
$$;

comment on function tusk.remove_limit
is 'Removes a limit; false: there is none. Jobs that wait for it are released within a second.';

create function tusk.pause_key(
    key text, paused_by text default current_user, reason text default null, until timestamptz default null
) returns tusk.key_limit
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    answer tusk.key_limit;
begin
    if pause_key.key like 'queue:%' then
        perform tusk.refuse('#/key', 'a queue is paused by its name, not as a key');
    end if;
    perform tusk.check_limit_key(pause_key.key);
    if pause_key.until <= clock_timestamp() then
        perform tusk.refuse('#/until', 'until must be in the future');
    end if;
    insert into tusk.key_limit as present (key, paused_at, paused_until, paused_by, pause_reason, updated_by)
    values (
        pause_key.key, clock_timestamp(), pause_key.until, pause_key.paused_by, pause_key.reason, pause_key.paused_by
    )
    on conflict on constraint key_limit_pkey do update
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
    delete from tusk.key_limit as present
    where
        present.key = resume_key.key
        and num_nonnulls(present.running_max, present.rate_max, present.breaker_failures, present.share_weight) = 0
    returning present.paused_at is not null into was_paused;
    if not found then
        update tusk.key_limit as present
        set paused_at = null, paused_until = null, paused_by = null, pause_reason = null
        where present.key = resume_key.key and present.paused_at is not null;
        was_paused := found;
    end if;
    return was_paused;
end
$$;

comment on function tusk.resume_key is 'Lets jobs with a paused key start again; false: it was not paused.';

create function tusk.take_rate(key text, weight integer default 1, wait_most interval default '0 s')
returns bigint
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    home constant smallint := 0;
    rate record;
    moment timestamptz;
    token_at timestamptz;
begin
    if take_rate.weight not between 1 and 100000 then
        perform tusk.refuse('#/weight', 'weight must be a whole number from 1 to 100000');
    end if;
    perform tusk.lock_gate(home);
    moment := clock_timestamp();
    select
        coalesce(own.step, class.step) as step,
        coalesce(own.burst, class.burst) as burst,
        greatest(bucket.full_at, moment) as full_at
    into rate
    from (select) as one
    left join tusk.present_limit as own on own.key = take_rate.key
    left join tusk.present_limit as class on class.key = tusk.key_class(take_rate.key)
    left join tusk.rate_bucket as bucket on bucket.shard = home and bucket.key = take_rate.key;
    if rate.step is null then
        return 0;
    end if;
    token_at := greatest(rate.full_at + (least(take_rate.weight, rate.burst) - rate.burst) * rate.step, moment);
    if token_at > moment + take_rate.wait_most then
        return null;
    end if;
    insert into tusk.rate_bucket as bucket (shard, key, full_at, offered_at)
    values (
        home, take_rate.key, rate.full_at + least(take_rate.weight, rate.burst) * rate.step, moment
    )
    on conflict on constraint rate_bucket_pkey do update
    set full_at = excluded.full_at;
    return ceil(extract(epoch from token_at - moment) * 1000);
end
$$;

comment on function tusk.take_rate is
'Takes tokens of a key; the milliseconds until they are there, null when that is longer than wait_most: then none is
taken. 0 for a key without a rate.';

create function tusk.hold_back(key text, hold interval) returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    home constant smallint := 0;
    rate record;
    free_at timestamptz;
begin
    if hold_back.hold is null or not isfinite(hold_back.hold)
        or hold_back.hold not between interval '0 s' and interval '1 day' then
        perform tusk.refuse('#/hold', 'hold must be from 0 s to 1 day');
    end if;
    perform tusk.lock_gate(home);
    select coalesce(own.step, class.step) as step, coalesce(own.burst, class.burst) as burst
    into rate
    from (select) as one
    left join tusk.present_limit as own on own.key = hold_back.key
    left join tusk.present_limit as class on class.key = tusk.key_class(hold_back.key);
    if rate.step is null then
        return false;
    end if;
    free_at := clock_timestamp() + hold_back.hold + (rate.burst - 1) * rate.step;
    insert into tusk.rate_bucket as bucket (shard, key, full_at, offered_at)
    values (home, hold_back.key, free_at, free_at)
    on conflict on constraint rate_bucket_pkey do update
    set full_at = greatest(bucket.full_at, excluded.full_at);
    return true;
end
$$;

comment on function tusk.hold_back is
'Lets no job of a key with a rate start for a time, at most a day, then one at a time; false: the key has no rate.';

create function tusk.prune_rate_buckets(rows_most integer) returns bigint
language sql volatile
set search_path = pg_catalog, pg_temp
begin atomic
    with gone as (
        delete from tusk.rate_bucket as bucket
        where bucket.ctid = any (array(
            select old.ctid
            from tusk.rate_bucket as old
            where greatest(old.full_at, old.offered_at) < now() - interval '1 hour'
            limit prune_rate_buckets.rows_most
            for update skip locked
        ))
        returning 1
    )
    select count(*) from gone;
end;

comment on function tusk.prune_rate_buckets is 'Removes buckets that have been full for an hour; how many.';
