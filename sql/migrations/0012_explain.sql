-- Why a job is not running.
-- Why: an operator asks this more often than anything else, and the answer is in the tables.
-- Locks: only new objects. Cost on 10 million rows: none; an answer looks things up by key, counts to 10,000 at most,
-- and reads the leases.
--
-- The predicates are those of claim_jobs.sql, claim_alone_job.sql and tusk.claim_gated: a job is explained as runnable
-- if and only if a claim that reaches it takes it.

create function tusk.explain_limits(
    home smallint, queue text, kind text, named text [], weights smallint [], priority smallint, is_ahead boolean
) returns table (reason text, message text, detail json)
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    select
        case
            when bound.is_paused then 'paused'
            when bound.breaker_most = bound.most and (
                bound.most = 0 or bound.held + least(bound.weight, bound.most) > bound.most
            ) then 'breaker'
            when bound.token_at > clock_timestamp() + tusk.rate_reach() then 'rate'
            else 'limit'
        end,
        case when bound.is_paused then (
            select format(
                '%s is paused by %s since %s%s%s', paused.key, paused.paused_by, paused.paused_at,
                ' until ' || paused.paused_until, ': ' || paused.pause_reason
            )
            from tusk.key_limit as paused
            where paused.key in (bound.key, tusk.key_class(bound.key)) and paused.paused_at is not null
            order by paused.key = bound.key desc
            limit 1
        )
        when bound.breaker_most = bound.most and (
            bound.most = 0 or bound.held + least(bound.weight, bound.most) > bound.most
        ) then format(
            'breaker of %s is open since %s, after %s failures (%s): %s', bound.key, bound.opened_at, bound.failures,
            bound.breaker_reason, case
                when bound.most = 0 then 'one job tries at ' || bound.probe_at
                else format('%s of %s may run now, and more when they succeed', bound.held, bound.most)
            end
        )
        when bound.token_at > clock_timestamp() + tusk.rate_reach() then format(
            'rate of %s is used up: %s in %s s%s; a token for it comes at %s, and %s jobs wait ahead of it', bound.key,
            bound.rate_max, trim_scale(bound.rate_period_ms / 1000.0),
            ', ' || nullif(bound.burst, 1) || ' at once', bound.token_at, bound.ahead
        )
        when bound.most is null then format('other jobs wait ahead of it for the rate of %s', bound.key)
        else format(
            'limit %s: %s of %s %s held%s', bound.key, bound.held, bound.most,
            case when bound.most = 1 then 'is' else 'are' end,
            case
                when bound.held + least(bound.weight, bound.most) <= bound.most then ', and other jobs wait ahead of it'
                else ''
            end
        ) end,
        json_build_object(
            'key', bound.key,
            'running_max', bound.most,
            'rate_max', bound.rate_max,
            'rate_period_ms', bound.rate_period_ms,
            'rate_burst', bound.burst,
            'token_at', bound.token_at,
            'breaker', case when bound.opened_at is not null then json_build_object(
                'opened_at', bound.opened_at, 'probe_at', bound.probe_at, 'failures', bound.failures,
                'reason', bound.breaker_reason
            ) end,
            'running', bound.held,
            'weight', bound.weight,
            'waiting', bound.ahead,
            'held_by', (
                select coalesce(json_agg(json_build_object('id', holder.id::text, 'weight', holder.weight)), '[]')
                from (
                    select running.id, held.weight
                    from tusk.present_hold as held
                    inner join tusk.lease as lease
                        on lease.shard = explain_limits.home and lease.number = held.lease
                    cross join lateral unnest(lease.ids) with ordinality as running (id, position)
                    where
                        held.shard = explain_limits.home and held.key = bound.key
                        and get_bit(held.places, running.position::integer - 1) = 1
                    order by running.id
                    limit 10
                ) as holder
            )
        )
    from (
        select
            counted.key,
            counted.weight,
            limited.most,
            limited.breaker_most,
            limited.is_paused,
            limited.opened_at,
            limited.probe_at,
            limited.failures,
            limited.breaker_reason,
            limited.burst,
            rate.rate_max,
            rate.rate_period_ms,
            greatest(bucket.full_at, clock_timestamp())
            + (least(counted.weight, limited.burst) - limited.burst) * limited.step as token_at,
            (
                select coalesce(sum(held.total), 0)
                from tusk.present_hold as held
                where held.shard = explain_limits.home and held.key = counted.key
            ) as held,
            (
                select count(*)
                from (
                    select
                    from tusk.blocked as waiting
                    where
                        waiting.shard = explain_limits.home
                        and waiting.reason = 'limit'
                        and waiting.key = counted.key
                        and waiting.priority <= explain_limits.priority
                    limit 10000
                ) as line
            ) as ahead
        from (
            select 'queue:' || explain_limits.queue as key, 1 as weight
            union all
            select 'kind:' || explain_limits.kind, 1
            union all
            select given.key, coalesce(given.weight, 1)
            from unnest(explain_limits.named, explain_limits.weights) as given (key, weight)
        ) as counted
        cross join lateral (
            select
                least(
                    coalesce(least(own.most, case when class.most = 0 then 0 end), class.most),
                    tusk.breaker_most(breaker.wave, breaker.probe_at)
                ) as most,
                tusk.breaker_most(breaker.wave, breaker.probe_at) as breaker_most,
                coalesce(own.most, class.most) = 0 or class.most = 0 as is_paused,
                breaker.opened_at,
                breaker.probe_at,
                breaker.failures,
                breaker.reason as breaker_reason,
                coalesce(own.step, class.step) as step,
                coalesce(own.burst, class.burst) as burst,
                case when own.step is not null then own.key else class.key end as rate_key
            from (select) as one
            left join tusk.present_limit as own on own.key = counted.key
            left join tusk.present_limit as class on class.key = tusk.key_class(counted.key)
            left join tusk.breaker as breaker on breaker.shard = explain_limits.home and breaker.key = counted.key
        ) as limited
        left join tusk.key_limit as rate on rate.key = limited.rate_key
        left join tusk.rate_bucket as bucket on bucket.shard = explain_limits.home and bucket.key = counted.key
        where limited.most is not null or limited.burst is not null
    ) as bound
    where
        bound.most = 0 or bound.held + least(bound.weight, bound.most) > bound.most
        or bound.token_at > clock_timestamp() + tusk.rate_reach()
        or (not explain_limits.is_ahead and bound.ahead > 0)
    order by bound.key;
end;

comment on function tusk.explain_limits is 'The limits without room or tokens for a job: a part of tusk.explain.';

create function tusk.explain_order(home smallint, key text, rank bigint)
returns table (reason text, message text, detail json)
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    select
        'order'::text,
        case
            when job.state = 'discarded' then format(
                'it waits for order key %s, which job %s holds because it was discarded at %s%s; %s jobs are between',
                explain_order.key, job.id, job.finished_at,
                case
                    when facts.order_wait_ms is null then ', until that is retried or the key is released'
                    else ', until ' || job.finished_at + facts.order_wait_ms * interval '1 ms'
                end,
                line.count
            )
            else format(
                'it waits for order key %s, which job %s holds (%s); %s jobs are between', explain_order.key,
                coalesce(job.id::text, 'no'), coalesce(job.state::text, 'over'), line.count
            )
        end,
        json_build_object(
            'key', explain_order.key, 'head', job.id::text, 'head_state', job.state, 'ahead', line.count,
            'blocked_until', case
                when job.state = 'discarded' then job.finished_at + facts.order_wait_ms * interval '1 ms'
            end
        )
    from (
        select count(*) as count
        from (
            select
            from tusk.blocked as other
            where
                other.shard = explain_order.home and other.reason = 'order' and other.key = explain_order.key
                and other.rank < explain_order.rank
            limit 10000
        ) as other
    ) as line
    left join lateral (
        select present.id, present.state, present.finished_at
        from tusk.order_head as head
        inner join tusk.jobs as present on present.id = head.id
        where head.shard = explain_order.home and head.key = explain_order.key
        limit 1
    ) as job on true
    left join tusk.job as facts on facts.shard = explain_order.home and facts.id = job.id;
end;

comment on function tusk.explain_order is 'Which job holds an order key: a part of tusk.explain.';

create function tusk.explain(job_id bigint) returns table (reason text, message text, detail json)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    home constant smallint := explain.job_id & 1023;
    facts record;
    placed record;
    wait record;
    count_ahead bigint;
    count_keys bigint;
    is_free boolean := true;
begin
    select job.queue, job.kind, job.priority, job.limit_keys, job.limit_weights, job.start_by, job.fair_key,
        job.finish_by, tusk.turn_key(job.fair_key, job.finish_by) as turn_key
    into facts
    from tusk.job as job
    where job.shard = home and job.id = explain.job_id;
    if not found then
        return query select 'not_found', format('there is no job %s, or it was pruned', explain.job_id), '{}'::json;
        return;
    end if;

    select lease.number, lease.claimed_at, lease.worker_id, worker.host, worker.heartbeat_at,
        explain.job_id = any (lease.cancels) as is_told
    into placed
    from tusk.lease as lease
    left join tusk.worker as worker on worker.id = lease.worker_id
    where
        lease.shard = home and explain.job_id = any (lease.ids)
        and (lease.done is null or get_bit(lease.done, array_position(lease.ids, explain.job_id) - 1) = 0);
    if found then
        return query select
            'running',
            format(
                'it runs on %s since %s%s', coalesce(placed.host, 'a worker that is gone'), placed.claimed_at,
                case when placed.is_told then '; it was told to stop' else '' end
            ),
            json_build_object(
                'lease', placed.number::text, 'worker_id', placed.worker_id, 'host', placed.host,
                'claimed_at', placed.claimed_at, 'heartbeat_at', placed.heartbeat_at
            );
        return;
    end if;

    select found.* into wait
    from (
        select 'scheduled' as place, scheduled.priority, scheduled.due_at, null::bigint as rank, false as released,
            null::text as key, null::text as reason, 0::smallint as interruptions, scheduled.last_lease
        from tusk.scheduled as scheduled
        where scheduled.shard = home and scheduled.id = explain.job_id
        union all
        select 'blocked', blocked.priority, null, blocked.rank, false, blocked.key, blocked.reason,
            blocked.interruptions, blocked.last_lease
        from tusk.blocked as blocked
        where blocked.shard = home and blocked.id = explain.job_id
        union all
        select 'ready', ready.priority, null, ready.rank, ready.released, null, null, ready.interruptions,
            ready.last_lease
        from tusk.ready as ready
        where ready.shard = home and ready.id = explain.job_id
    ) as found;
    if not found then
        return query
        select
            'ended',
            format('it ended as %s at %s%s', outcome.state, outcome.finished_at, ': ' || outcome.reason),
            json_build_object('state', outcome.state, 'finished_at', outcome.finished_at, 'reason', outcome.reason)
        from tusk.outcome as outcome
        where outcome.shard = home and outcome.id = explain.job_id
        order by outcome.finished_at desc
        limit 1;
        if not found then
            return query select 'moving', 'it is on its way from one state to the next; ask again', '{}'::json;
        end if;
        return;
    end if;

    if wait.place = 'scheduled' then
        is_free := false;
        return query select
            'not_due',
            format(
                'it is due %s', case
                    when wait.due_at <= now() then 'since ' || wait.due_at
                    else format('in %s s, at %s', ceil(extract(epoch from wait.due_at - now())), wait.due_at)
                end
            ),
            json_build_object('due_at', wait.due_at);
        if not exists (
            select from tusk.scheduler as scheduler where scheduler.heartbeat_at > now() - interval '1 minute'
        ) then
            return query select
                'no_scheduler', 'no scheduler was heard of for a minute, and it takes one to make due jobs available',
                '{}'::json;
        end if;
    end if;

    if facts.start_by is not null and wait.last_lease = 0 and wait.interruptions = 0
        and tusk.is_late(home, explain.job_id, facts.start_by) then
        is_free := false;
        return query select
            'late',
            format('it should have started by %s; a scheduler is about to discard it', facts.start_by),
            json_build_object('start_by', facts.start_by);
    end if;

    return query
    select
        'restored',
        format(
            'the database was restored from a backup or copied, as was found at %s; nothing starts before somebody '
            'runs tusk resume --restored', identity.restored_at
        ),
        json_build_object('at', identity.restored_at)
    from tusk.identity as identity
    where identity.restored_at is not null;
    is_free := is_free and not found;

    return query
    select
        'queue_paused',
        format('queue %s is paused by %s since %s%s%s', paused.name, paused.paused_by, paused.paused_at,
            ' until ' || paused.paused_until, ': ' || paused.pause_reason),
        json_build_object(
            'queue', paused.name, 'at', paused.paused_at, 'by', paused.paused_by, 'reason', paused.pause_reason,
            'until', paused.paused_until
        )
    from tusk.paused_queue as paused
    where paused.name = facts.queue;
    is_free := is_free and not found;

    return query select offer.* from tusk.explain_offer(facts.queue, facts.kind) as offer;
    is_free := is_free and not found;

    if wait.reason = 'order' then
        is_free := false;
        return query select held.* from tusk.explain_order(home, wait.key, wait.rank) as held;
    elsif wait.place = 'blocked' then
        is_free := false;
        select count(*) into count_ahead
        from (
            select
            from tusk.blocked as other
            where
                other.shard = home and other.reason = 'limit' and other.key = wait.key
                and (
                    other.priority < wait.priority
                    or other.priority = wait.priority and case
                        when other.turn_key > '' and other.turn_key < '"' then
                            facts.finish_by is null or (other.turn_key, other.rank) < (facts.turn_key, wait.rank)
                        else facts.finish_by is null and other.rank < wait.rank
                    end
                )
            limit 10000
        ) as line;
        return query select
            'blocked', format('it waits for limit %s, with %s jobs ahead of it', wait.key, count_ahead),
            json_build_object('key', wait.key, 'ahead', count_ahead);
    end if;
    return query
    select bound.*
    from tusk.explain_limits(
        home, facts.queue, facts.kind, facts.limit_keys, facts.limit_weights, facts.priority,
        wait.released or wait.place = 'blocked'
    ) as bound;
    is_free := is_free and not found;

    if is_free then
        select count(*) into count_ahead
        from (
            select
            from tusk.ready as other
            where other.shard = home and other.queue = facts.queue and other.priority < wait.priority
            union all
            select
            from tusk.ready as other
            where
                facts.fair_key is null
                and other.shard = home and other.queue = facts.queue and other.priority = wait.priority
                and other.turn_key > '' and other.turn_key < '"'
                and (facts.finish_by is null or (other.turn_key, other.rank) < (facts.turn_key, wait.rank))
            union all
            select
            from tusk.ready as other
            where
                facts.turn_key = ''
                and other.shard = home and other.queue = facts.queue and other.priority = wait.priority
                and other.turn_key = '' and other.rank < wait.rank
            union all
            select
            from tusk.ready as other
            where
                facts.fair_key is not null
                and other.shard = home and other.queue = facts.queue and other.priority = wait.priority
                and other.gated and other.turn_key = facts.fair_key and other.rank < wait.rank
            limit 10000
        ) as line;
        select count(*) into count_keys
        from tusk.fair_share as share
        where
            facts.fair_key is not null and share.shard = home and share.queue = facts.queue
            and share.priority = wait.priority and share.key <> facts.fair_key;
        return query select
            'runnable',
            format(
                'nothing holds it back; %s jobs of its queue%s are ahead of it%s%s', count_ahead,
                case when facts.fair_key is not null then format(
                    ' and fair key %s, which takes turns with %s others,', facts.fair_key, count_keys
                ) end,
                ', and it should be finished by ' || facts.finish_by,
                case when wait.interruptions > 0
                    then ', and it runs alone, because it lost a lease: one such job at a time in a worker' else '' end
            ),
            json_build_object(
                'ahead', count_ahead, 'runs_alone', wait.interruptions > 0, 'fair_key', facts.fair_key,
                'fair_keys_beside', case when facts.fair_key is not null then count_keys end,
                'finish_by', facts.finish_by
            );
    end if;
end
$$;

comment on function tusk.explain is
'Why a job is not running: what holds it back, in order, with numbers; or that it is runnable, runs, or ended.';
