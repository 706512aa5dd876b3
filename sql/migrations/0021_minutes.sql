-- What happened in each minute, by queue: for charts.
-- Why: counting history for each look at a page costs more with every day of it.
-- Locks: only new objects. Cost on 10 million rows: none.
--
-- Whoever works jobs off adds what it counted since it did so last, every few seconds; what a killed process had not
-- yet added is missing here, and nowhere else. The scheduler adds how much waits, three times a minute: the most
-- counts.

insert into tusk.setting (name, value)
values ('minute_retention', '7 days');

create table tusk.minute (
    minute timestamptz not null,
    completed bigint not null default 0,
    failed bigint not null default 0,
    discarded bigint not null default 0,
    cancelled bigint not null default 0,
    available bigint not null default 0,
    oldest_wait_ms bigint not null default 0,
    queue text collate "C" not null,
    waits bigint [] not null,
    runs bigint [] not null,
    constraint minute_pkey primary key (minute, queue),
    constraint minute_has_all_bounds check (cardinality(waits) = 19 and cardinality(runs) = 19)
) with (
    fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_threshold = -1, autovacuum_vacuum_cost_delay = 0
);

comment on table tusk.minute is 'What happened in each minute, by queue. Kept for the setting minute_retention.';
comment on column tusk.minute.minute is 'Its beginning.';
comment on column tusk.minute.completed is 'Jobs that completed.';
comment on column tusk.minute.failed is 'Attempts that failed and are to be retried.';
comment on column tusk.minute.discarded is 'Jobs that were discarded when an attempt ended.';
comment on column tusk.minute.cancelled is 'Jobs that were cancelled while they ran.';
comment on column tusk.minute.available is 'The most jobs that were available when the scheduler looked, up to 10,000.';
comment on column tusk.minute.oldest_wait_ms is 'The longest that the first job of a band had waited when it looked.';
comment on column tusk.minute.queue is 'The queue.';
comment on column tusk.minute.waits
is 'How many jobs that were claimed had waited so long: 5, 10, 25, 50, 75, 100, 250, 500, 750 ms, 1, 2.5, 5, 7.5, 10,
30, 60, 300, 1800 s at most, and longer.';
comment on column tusk.minute.runs is 'How many attempts that ended had taken so long.';

create function tusk.note_minute(
    queues text [],
    completed bigint [],
    failed bigint [],
    discarded bigint [],
    cancelled bigint [],
    waits bigint [],
    runs bigint []
) returns void
language sql volatile
set search_path = pg_catalog, pg_temp
begin atomic
    insert into tusk.minute as present (minute, completed, failed, discarded, cancelled, queue, waits, runs)
    select
        date_trunc('minute', clock_timestamp()), given.completed, given.failed, given.discarded, given.cancelled,
        given.queue, note_minute.waits[given.number * 19 - 18:given.number * 19],
        note_minute.runs[given.number * 19 - 18:given.number * 19]
    from
        unnest(
            note_minute.queues, note_minute.completed, note_minute.failed, note_minute.discarded, note_minute.cancelled
        ) with ordinality as given (queue, completed, failed, discarded, cancelled, number)
    order by given.queue
    on conflict on constraint minute_pkey do update
    set
        completed = present.completed + excluded.completed,
        failed = present.failed + excluded.failed,
        discarded = present.discarded + excluded.discarded,
        cancelled = present.cancelled + excluded.cancelled,
        waits = array(
            select pair.old + pair.new
            from unnest(present.waits, excluded.waits) with ordinality as pair (old, new, number)
            order by pair.number
        ),
        runs = array(
            select pair.old + pair.new
            from unnest(present.runs, excluded.runs) with ordinality as pair (old, new, number)
            order by pair.number
        );
end;

comment on function tusk.note_minute is
'Adds to the present minute of queues; waits and runs are those of the first queue, of the second, and so on.';

create function tusk.sample_queues(home smallint, count_most integer) returns integer
language sql volatile
set search_path = pg_catalog, pg_temp
begin atomic
    with recursive named (name) as (
        (
            select ready.queue
            from tusk.ready as ready
            where ready.shard = sample_queues.home
            order by ready.queue
            limit 1
        )
        union all
        select (
            select ready.queue
            from tusk.ready as ready
            where ready.shard = sample_queues.home and ready.queue > named.name
            order by ready.queue
            limit 1
        )
        from named
        where named.name is not null
    ),
    sampled as (
        insert into tusk.minute as present (minute, queue, available, oldest_wait_ms, waits, runs)
        select
            date_trunc('minute', clock_timestamp()),
            named.name,
            (
                select count(*)
                from (
                    select from tusk.ready as ready
                    where ready.shard = sample_queues.home and ready.queue = named.name
                    limit sample_queues.count_most
                ) as counted
            ),
            coalesce((
                select (extract(epoch from clock_timestamp() - min(first.available_at)) * 1000)::bigint
                from generate_series(0, 9) as band (priority)
                cross join lateral (
                    (
                        select ready.available_at
                        from tusk.ready as ready
                        where
                            ready.shard = sample_queues.home and ready.queue = named.name
                            and ready.priority = band.priority and not ready.gated and ready.turn_key = ''
                        order by ready.rank
                        limit 1
                    )
                    union all
                    (
                        select ready.available_at
                        from tusk.ready as ready
                        where
                            ready.shard = sample_queues.home and ready.queue = named.name
                            and ready.priority = band.priority and ready.gated and ready.turn_key = ''
                        order by ready.rank
                        limit 1
                    )
                    union all
                    (
                        select ready.available_at
                        from tusk.ready as ready
                        where
                            ready.shard = sample_queues.home and ready.queue = named.name
                            and ready.priority = band.priority and ready.turn_key <> ''
                        order by ready.rank
                        limit 1
                    )
                ) as first
            ), 0),
            array_fill(0::bigint, array[19]),
            array_fill(0::bigint, array[19])
        from named
        where named.name is not null
        order by named.name
        on conflict on constraint minute_pkey do update
        set
            available = greatest(present.available, excluded.available),
            oldest_wait_ms = greatest(present.oldest_wait_ms, excluded.oldest_wait_ms)
        returning 1
    )
    select count(*)::integer from sampled;
end;

comment on function tusk.sample_queues is 'Adds to the present minute how much waits in each queue; how many queues.';
