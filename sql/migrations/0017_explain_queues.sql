-- Why the jobs of a queue are not running, and who offered a kind last.
-- Why: when a queue stands still an operator does not ask about one job.
-- Locks: an instant's access exclusive lock on tusk.worker, for its trigger. Cost on 10 million rows: none; an answer
-- looks at the first 10,000 jobs of each sort.

create table tusk.kind_seen (
    seen_at timestamptz not null,
    kind text collate "C" not null,
    host text not null,
    queues text [] not null,
    constraint kind_seen_pkey primary key (kind)
);

comment on table tusk.kind_seen is 'Which worker that is gone offered a kind last.';
comment on column tusk.kind_seen.seen_at is 'When it was last heard of, to a minute.';
comment on column tusk.kind_seen.kind is 'The kind.';
comment on column tusk.kind_seen.host is 'The host of the worker.';
comment on column tusk.kind_seen.queues is 'The queues it claimed from.';

create function tusk.remember_kinds() returns trigger
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    -- Claims over HTTP are workers too, and there are many: one row a minute is enough.
    insert into tusk.kind_seen as seen (seen_at, kind, host, queues)
    select old.heartbeat_at, offered.kind, old.host, old.queues
    from unnest(old.kinds) as offered (kind)
    where not exists (
        select from tusk.kind_seen as known
        where known.kind = offered.kind and known.seen_at > old.heartbeat_at - interval '1 minute'
    )
    order by offered.kind
    on conflict on constraint kind_seen_pkey do update
    set seen_at = excluded.seen_at, host = excluded.host, queues = excluded.queues;
    return null;
end
$$;

comment on function tusk.remember_kinds is 'Keeps which kinds a worker offered, when it is gone.';

create trigger worker_is_gone after delete on tusk.worker
for each row execute function tusk.remember_kinds();

create function tusk.last_offer(kind text, out seen_at timestamptz, out host text) returns record
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    select offer.seen_at, offer.host
    from (
        select seen.seen_at, seen.host from tusk.kind_seen as seen where seen.kind = last_offer.kind
        union all
        select worker.heartbeat_at, worker.host
        from tusk.worker as worker
        where last_offer.kind = any (worker.kinds)
    ) as offer
    order by offer.seen_at desc
    limit 1;
end;

comment on function tusk.last_offer is 'When and where a worker that offers a kind was last heard of; null: never.';

create function tusk.explain_offer(queue text, kind text) returns table (reason text, message text, detail json)
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    select
        'no_worker'::text,
        case
            when serving.queue_count = 0 then format('no live worker serves queue %s', explain_offer.queue)
            when serving.kind_count = 0 then format(
                'no live worker offers kind %s; %s serve queue %s', explain_offer.kind, serving.queue_count,
                explain_offer.queue
            )
            else format('no live worker that serves queue %s offers kind %s', explain_offer.queue, explain_offer.kind)
        end
        || case
            when last.seen_at is null then ''
            else format(
                '; one that offers %s was last heard of on %s at %s', explain_offer.kind, last.host, last.seen_at
            )
        end,
        json_build_object(
            'queue', explain_offer.queue, 'kind', explain_offer.kind, 'workers_of_queue', serving.queue_count,
            'workers_of_kind', serving.kind_count, 'last_seen_at', last.seen_at, 'last_host', last.host
        )
    from (
        select
            count(*) filter (where explain_offer.queue = any (worker.queues)) as queue_count,
            count(*) filter (where explain_offer.kind = any (worker.kinds)) as kind_count,
            count(*) filter (
                where explain_offer.queue = any (worker.queues) and explain_offer.kind = any (worker.kinds)
            ) as both_count
        from tusk.worker as worker
        where worker.state = 'live' and worker.heartbeat_at > now() - worker.lease_ms * interval '1 ms'
    ) as serving
    cross join lateral tusk.last_offer(explain_offer.kind) as last
    where serving.both_count = 0;
end;

comment on function tusk.explain_offer is
'That no live worker offers a kind in a queue, and since when; nothing if one does.';

create function tusk.kinds_not_offered(queue text) returns text []
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    return array(
        select distinct near.kind
        from (
            select ready.kind
            from tusk.ready as ready
            where ready.shard = 0 and ready.queue = kinds_not_offered.queue
            order by ready.priority, ready.gated, ready.turn_key, ready.rank
            limit 1000
        ) as near
        where
            not exists (
                select from tusk.worker as worker
                where
                    worker.state = 'live' and worker.heartbeat_at > now() - worker.lease_ms * interval '1 ms'
                    and kinds_not_offered.queue = any (worker.queues) and near.kind = any (worker.kinds)
            )
            -- A worker that claims over HTTP is there only while it claims.
            and not exists (
                select from tusk.kind_seen as seen
                where
                    seen.kind = near.kind and kinds_not_offered.queue = any (seen.queues)
                    and seen.seen_at > now() - interval '1 minute'
            )
        order by near.kind
        limit 10
    );
end
$$;

comment on function tusk.kinds_not_offered is
'Kinds of jobs that wait in a queue and that no live worker of it offers, nor did in the last minute: of the first 1000
jobs, where those stay that nobody takes; 10 at most.';

create function tusk.counted(number bigint, noun text) returns text
language sql immutable parallel safe
return format('%s %s%s', number, noun, case when number = 1 then '' else 's' end);

comment on function tusk.counted is 'A number with its noun: 1 job, 2 jobs.';

create function tusk.explain_queue(queue text) returns table (reason text, message text, detail json)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    home constant smallint := 0;
    -- How many jobs of each sort are looked at, and how many keys are named.
    jobs_most constant integer := 10000;
    keys_most constant integer := 10;
    name constant text := explain_queue.queue;
    line record;
    due record;
    fleet record;
    waits bigint := 0;
    is_free boolean := true;
    is_told boolean;
begin
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
    is_free := not found;
    is_told := found;

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
    where paused.name = name;
    is_free := is_free and not found;
    is_told := is_told or found;

    for line in
        select waiting.kind, count(*) as jobs
        from (
            select ready.kind from tusk.ready as ready where ready.shard = home and ready.queue = name limit jobs_most
        ) as waiting
        group by waiting.kind
        order by count(*) desc, waiting.kind
    loop
        waits := waits + line.jobs;
        return query
        select offer.reason, format('%s: %s', tusk.counted(line.jobs, 'job'), offer.message), offer.detail
        from tusk.explain_offer(name, line.kind) as offer;
        is_free := is_free and not found;
        is_told := is_told or found;
    end loop;

    for line in
        select waiting.reason, waiting.key, count(*) as jobs, min(waiting.priority) as priority
        from (
            select blocked.reason, blocked.key, blocked.priority
            from tusk.blocked as blocked
            where blocked.shard = home and blocked.queue = name
            limit jobs_most
        ) as waiting
        group by waiting.reason, waiting.key
        order by count(*) desc, waiting.reason, waiting.key
        limit keys_most
    loop
        is_told := true;
        if line.reason = 'order' then
            return query
            select 'order', format('%s waiting for order key %s', tusk.counted(line.jobs, 'job'), line.key),
                json_build_object('key', line.key, 'waiting', line.jobs);
        else
            return query
            select
                'blocked',
                format('%s waiting for limit %s', tusk.counted(line.jobs, 'job'), line.key) || coalesce((
                    select ': ' || string_agg(held.message, '; ')
                    from tusk.explain_limits(
                        home, name, '', array[line.key], null, line.priority, true
                    ) as held
                    where held.detail ->> 'key' = line.key
                ), ''),
                json_build_object('key', line.key, 'waiting', line.jobs);
        end if;
    end loop;

    select count(*) as jobs, min(waiting.due_at) as first_at into due
    from (
        select scheduled.due_at
        from tusk.scheduled as scheduled
        where scheduled.shard = home and scheduled.queue = name
        limit jobs_most
    ) as waiting;
    if due.jobs > 0 then
        is_told := true;
        return query select
            'not_due',
            format('%s due later%s', tusk.counted(due.jobs, 'job'), case
                when due.jobs < jobs_most then ', the first at ' || due.first_at else ', or more' end),
            json_build_object('waiting', due.jobs);
        if not exists (
            select from tusk.scheduler as scheduler where scheduler.heartbeat_at > now() - interval '1 minute'
        ) then
            return query select
                'no_scheduler', 'no scheduler was heard of for a minute, and it takes one to make due jobs available',
                '{}'::json;
        end if;
    end if;

    select count(*) as workers, coalesce(sum(worker.slots), 0) as slots, (
        select coalesce(sum(cardinality(lease.ids) - coalesce(bit_count(lease.done), 0)), 0)
        from tusk.lease as lease
        where lease.shard = home and lease.worker_id = any (array_agg(worker.id))
    ) as leased
    into fleet
    from tusk.worker as worker
    where
        name = any (worker.queues) and worker.state = 'live'
        and worker.heartbeat_at > now() - worker.lease_ms * interval '1 ms';
    if waits > 0 and is_free then
        return query select
            case when fleet.leased >= fleet.slots then 'busy' else 'runnable' end,
            format(
                '%s waiting for a turn; %s with %s for the queue, which have %s', tusk.counted(waits, 'job'),
                tusk.counted(fleet.workers, 'worker'), tusk.counted(fleet.slots, 'slot'),
                tusk.counted(fleet.leased::bigint, 'job')
            ),
            json_build_object(
                'waiting', waits, 'workers', fleet.workers, 'slots', fleet.slots, 'leased', fleet.leased
            );
    elsif not is_told then
        return query select
            'idle', format('no job of queue %s is available; %s for it', name, tusk.counted(fleet.workers, 'worker')),
            json_build_object('workers', fleet.workers);
    end if;
end
$$;

comment on function tusk.explain_queue is
'Why the jobs of a queue are not running: what holds them back, with numbers, from the first 10,000 of each sort.';
