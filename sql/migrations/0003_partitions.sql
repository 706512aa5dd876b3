-- Partitions: made ahead, dropped when their time is over, never deleted from.
-- Why: dropping a partition costs nothing; deleting millions of rows stalls everything.
-- Locks: only new objects. Cost on 10 million rows: none, the schema is new.

create function tusk.make_partition(parent text, child text, key text, lower_bound text, upper_bound text)
returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    if to_regclass(format('tusk.%I', child)) is not null then
        return 'there';
    end if;
    begin
        execute format(
            'create table tusk.%I partition of tusk.%I for values from (%L) to (%L)',
            child, parent, lower_bound, upper_bound
        );
        return 'made';
    exception
        -- Rows of this range are in the overflow table already: the scheduler was away. They move below.
        when check_violation then null;
        -- Somebody else makes the same partition at this moment.
        when duplicate_table then return 'there';
        -- Somebody reads or writes the parent in a long transaction: whoever comes next must not queue behind this.
        when lock_not_available then return 'locked';
    end;
    begin
        -- The parent first: who waits for it has not chosen a partition yet, while a row that waits for the overflow
        -- table is refused when its range is taken out of there meanwhile.
        execute format('lock table tusk.%I in access exclusive mode', parent);
        execute format('lock table tusk.%I in access exclusive mode', parent || '_overflow');
    exception
        when lock_not_available then return 'locked';
    end;
    execute format('create table tusk.%I (like tusk.%I including all)', child, parent);
    execute format(
        'with moved as (delete from tusk.%I where %I >= %L and %I < %L returning *) '
        'insert into tusk.%I select * from moved',
        parent || '_overflow', key, lower_bound, key, upper_bound, child
    );
    execute format(
        'alter table tusk.%I attach partition tusk.%I for values from (%L) to (%L)',
        parent, child, lower_bound, upper_bound
    );
    return 'moved';
end
$$;

comment on function tusk.make_partition is
'Makes a partition and moves in what waits for it in the overflow table. Answers there, made, moved, or locked.';

create function tusk.make_day_partitions(days_ahead integer) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    parent text;
    key text;
    day date;
    done text;
    made integer := 0;
begin
    perform set_config('lock_timeout', '100ms', true);
    foreach parent in array array['outcome', 'attempt', 'job_log'] loop
        key := case parent when 'outcome' then 'finished_at' when 'attempt' then 'ended_at' else 'logged_at' end;
        for day in
            select (clock_timestamp() at time zone 'UTC')::date + step from generate_series(0, days_ahead) as step
        loop
            done := tusk.make_partition(
                parent, parent || to_char(day, '_YYYYMMDD'), key, day || ' 00:00:00+00', (day + 1) || ' 00:00:00+00'
            );
            made := made + (done in ('made', 'moved'))::integer;
            -- What was moved is committed before anything else is locked.
            if done = 'moved' then
                return made;
            end if;
            exit when done = 'locked';
        end loop;
    end loop;
    return made;
end
$$;

comment on function tusk.make_day_partitions is
'Makes the history partitions of today and the days ahead; how many. Ends early when it moved rows; call it again.';

create function tusk.make_job_partitions() returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    -- A partition holds about four days of jobs at the present rate, between 2^22 and 2^26 ranks; there is always room
    -- for 2^22 more, which is 40 seconds at 100,000 jobs a second.
    width_least constant bigint := 4194304;
    width_most constant bigint := 67108864;
    width bigint;
    present bigint;
    upper_rank bigint;
    done text;
    made integer := 0;
    day_rate numeric;
begin
    perform set_config('lock_timeout', '100ms', true);
    select case when sequence.is_called then sequence.last_value else 0 end into present from tusk.rank as sequence;
    select coalesce(max(substring(class.relname from 'to_([0-9]+)$')::bigint), 0) into upper_rank
    from pg_inherits as inherits
    inner join pg_class as class on class.oid = inherits.inhrelid
    where inherits.inhparent = 'tusk.job'::regclass;
    select (present - point.rank) / greatest(extract(epoch from clock_timestamp() - point.seen_at) / 86400, 0.01)
    into day_rate
    from tusk.rank_point as point
    order by point.seen_at
    limit 1;
    width := least(greatest((coalesce(day_rate, 0) * 4)::bigint, width_least), width_most);
    while upper_rank < present + width_least loop
        done := tusk.make_partition(
            'job', format('job_%s_to_%s', upper_rank, upper_rank + width), 'id',
            (upper_rank << 10)::text, ((upper_rank + width) << 10)::text
        );
        exit when done = 'locked';
        made := made + (done in ('made', 'moved'))::integer;
        upper_rank := upper_rank + width;
        exit when done = 'moved';
    end loop;
    insert into tusk.rank_point (seen_at, rank) values (clock_timestamp(), present) on conflict do nothing;
    delete from tusk.rank_point as point where point.seen_at < clock_timestamp() - interval '2 days';
    return made;
end
$$;

comment on function tusk.make_job_partitions is
'Makes the job partitions that the coming ids need; how many. Ends early when it moved rows; call it again.';

create table tusk.rank_point (
    seen_at timestamptz not null,
    rank bigint not null,
    constraint rank_point_pkey primary key (seen_at)
);

comment on table tusk.rank_point is 'Where the rank sequence stood: tells how wide the next job partition should be.';
comment on column tusk.rank_point.seen_at is 'When.';
comment on column tusk.rank_point.rank is 'The last rank drawn.';

create table tusk.job_kept (like tusk.job including all);

comment on table tusk.job_kept is 'Old jobs that are still alive or recently ended, after their partition was dropped.';

alter table tusk.job attach partition tusk.job_kept for values from (minvalue) to (0);

create function tusk.drop_day_partitions() returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    old record;
    dropped integer := 0;
    keep interval := tusk.retention('history_retention');
begin
    perform set_config('lock_timeout', '100ms', true);
    for old in
        select class.relname as name
        from pg_inherits as inherits
        inner join pg_class as class on class.oid = inherits.inhrelid
        where
            inherits.inhparent in ('tusk.outcome'::regclass, 'tusk.attempt'::regclass, 'tusk.job_log'::regclass)
            and class.relname ~ '_[0-9]{8}$'
            and to_date(right(class.relname, 8), 'YYYYMMDD') + 1 < (clock_timestamp() - keep) at time zone 'UTC'
        order by class.relname
    loop
        begin
            execute format('drop table tusk.%I', old.name);
            dropped := dropped + 1;
        exception
            -- Somebody reads it: the next round tries again, and nobody queues behind this one.
            when lock_not_available then null;
        end;
    end loop;
    return dropped;
end
$$;

comment on function tusk.drop_day_partitions is 'Drops history older than history_retention; how many partitions.';

create function tusk.drop_job_partitions() returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    old record;
    newest timestamptz;
    keep interval := tusk.retention('job_retention');
begin
    perform set_config('lock_timeout', '100ms', true);
    -- The oldest range only: kept jobs always lie below every other range.
    select class.relname as name, substring(class.relname from 'to_([0-9]+)$')::bigint << 10 as upper
    into old
    from pg_inherits as inherits
    inner join pg_class as class on class.oid = inherits.inhrelid
    where inherits.inhparent = 'tusk.job'::regclass and class.relname ~ '^job_[0-9]+_to_[0-9]+$'
    order by substring(class.relname from 'to_([0-9]+)$')::bigint
    limit 1;
    if old.name is null
        or old.upper > (
            select case when sequence.is_called then sequence.last_value << 10 else 0 end from tusk.rank as sequence
        )
    then
        return 0;
    end if;
    execute format('select job.created_at from tusk.%I as job order by job.id desc limit 1', old.name) into newest;
    if newest >= clock_timestamp() - keep then
        return 0;
    end if;
    execute format('lock table tusk.%I in share row exclusive mode', old.name);
    create table tusk.job_keeping (like tusk.job including all);
    execute format(
        'insert into tusk.job_keeping select job.* from (select * from tusk.job_kept union all select * from tusk.%I) '
        'as job where exists (select from tusk.ready as live where live.shard = job.shard and live.id = job.id) '
        'or exists (select from tusk.scheduled as live where live.shard = job.shard and live.id = job.id) '
        'or exists (select from tusk.blocked as live where live.shard = job.shard and live.id = job.id) '
        'or exists (select from tusk.outcome as past where past.shard = job.shard and past.id = job.id) '
        'or job.id in (select unnest(lease.ids) from tusk.lease as lease)',
        old.name
    );
    alter table tusk.job detach partition tusk.job_kept;
    drop table tusk.job_kept;
    execute format('drop table tusk.%I', old.name);
    alter table tusk.job_keeping rename to job_kept;
    execute format('alter table tusk.job attach partition tusk.job_kept for values from (minvalue) to (%s)', old.upper);
    comment on table tusk.job_kept
    is 'Old jobs that are still alive or recently ended, after their partition was dropped.';
    return 1;
exception
    when lock_not_available then
        return 0;
end
$$;

comment on function tusk.drop_job_partitions
is 'Drops the oldest job partition once job_retention is over; keeps what lives.';

create function tusk.prune(name text, moment text, setting text, rows_most integer) returns bigint
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    pruned bigint;
begin
    execute format(
        'delete from tusk.%1$I as old where old.ctid = any (array('
        'select past.ctid from tusk.%1$I as past where past.%2$I < now() - $1 limit $2 for update skip locked))',
        name, moment
    ) using tusk.retention(setting), rows_most;
    get diagnostics pruned = row_count;
    return pruned;
end
$$;

comment on function tusk.prune
is 'Deletes rows of a small table whose moment is older than a retention setting; how many.';
