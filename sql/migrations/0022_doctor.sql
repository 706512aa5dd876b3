-- What is wrong with the server, the schema and the processes, and what mends it.
-- Why: each of these has stopped a job queue before, and none of them is seen from the jobs.
-- Locks: only new objects. Cost on 10 million rows: none; an answer reads catalogues and statistics, looks things up by
-- key, and walks the queues that hold something.

create function tusk.doctor() returns table (severity text, finding text, message text, remedy text)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    return query
    with recursive named (name) as (
        (select ready.queue from tusk.ready as ready where ready.shard = 0 order by ready.queue limit 1)
        union all
        select (
            select ready.queue
            from tusk.ready as ready
            where ready.shard = 0 and ready.queue > named.name
            order by ready.queue
            limit 1
        )
        from named
        where named.name is not null
    ),
    found (place, severity, finding, message, remedy) as (
        select
            0, 'bad', 'restored',
            format(
                'the database was restored from a backup or copied, as was found at %s: nothing starts',
                identity.restored_at
            ),
            'tusk resume --restored run; or, to go on queue by queue, tusk resume --restored pause'
        from tusk.identity as identity
        where identity.restored_at is not null
        union all
        select
            1, 'bad', 'not_durable',
            format('%s is off: what was acknowledged may be lost or damaged when the machine stops', given.name),
            format('alter system set %s = on; then restart PostgreSQL', given.name)
        from (values ('fsync'), ('full_page_writes')) as given (name)
        where current_setting(given.name) = 'off'
        union all
        select
            2, 'warning', 'synchronous_commit',
            'synchronous_commit is off for those who enqueue in SQL: their jobs may be lost when the machine stops',
            format(
                'alter %s reset synchronous_commit;', coalesce(
                    'role ' || quote_ident(role.rolname), 'database ' || quote_ident(current_database())
                )
            )
        from pg_db_role_setting as given
        left join pg_roles as role on role.oid = given.setrole
        where
            'synchronous_commit=off' = any (given.setconfig)
            and given.setdatabase in (
                0, (select base.oid from pg_database as base where base.datname = current_database())
            )
        union all
        select
            3, 'bad', 'autovacuum_off', 'autovacuum is off: claims get slower with each job that ended',
            'alter system set autovacuum = on; select pg_reload_conf();'
        where current_setting('autovacuum') = 'off'
        union all
        select
            4, case when stat.age > interval '30 minutes' then 'bad' else 'warning' end, 'old_transaction',
            format(
                'a transaction of %s (pid %s, %s) is open for %s: nothing that ended since can be cleaned away',
                coalesce(nullif(stat.application_name, ''), stat.usename, 'somebody'), stat.pid, stat.state,
                date_trunc('second', stat.age)
            ),
            format('select pg_terminate_backend(%s);', stat.pid)
        from (
            select
                activity.pid, activity.application_name, activity.usename, activity.state,
                clock_timestamp() - activity.xact_start as age
            from pg_stat_activity as activity
            where
                activity.backend_type = 'client backend'
                and (activity.backend_xmin is not null or activity.backend_xid is not null)
                and activity.xact_start < clock_timestamp() - interval '5 minutes'
        ) as stat
        union all
        select
            5, 'warning', 'prepared_transaction',
            format('the prepared transaction %s is open since %s', held.gid, held.prepared),
            format('rollback prepared %L;', held.gid)
        from pg_prepared_xacts as held
        where held.prepared < clock_timestamp() - interval '5 minutes'
        union all
        select
            6, 'warning', 'replication_slot',
            format(
                'nobody reads the replication slot %s, which keeps %s of WAL', slot.slot_name,
                pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), slot.restart_lsn))
            ),
            format('select pg_drop_replication_slot(%L);', slot.slot_name)
        from pg_replication_slots as slot
        where
            not pg_is_in_recovery() and not slot.active
            and pg_wal_lsn_diff(pg_current_wal_lsn(), slot.restart_lsn) > 1073741824
        union all
        select
            7, 'warning', 'dead_rows',
            format('%s has %s dead rows beside %s live ones', stat.relname, stat.n_dead_tup, stat.n_live_tup),
            format('vacuum tusk.%I;', stat.relname)
        from pg_stat_user_tables as stat
        where
            stat.schemaname = 'tusk' and stat.relname in ('ready', 'scheduled', 'blocked', 'lease')
            and stat.n_dead_tup > 1000000 and stat.n_dead_tup > 4 * stat.n_live_tup
        union all
        select
            8, 'bad', 'invalid_index', format('the index %s is not valid', class.relname),
            format('reindex index tusk.%I;', class.relname)
        from pg_index as index
        inner join pg_class as class on class.oid = index.indexrelid
        where class.relnamespace = 'tusk'::regnamespace and not index.indisvalid
        union all
        select
            9, case when oldest.age > 1800000000 then 'bad' else 'warning' end, 'wraparound',
            format(
                'the oldest row of the database is %s transactions old; at 2,000,000,000 all writes end', oldest.age
            ),
            'vacuum (freeze);'
        from (
            select age(base.datfrozenxid) as age from pg_database as base where base.datname = current_database()
        ) as oldest
        where oldest.age > 1200000000
        union all
        select
            10, 'warning', 'connections',
            format('%s of %s connections are used', used.count, current_setting('max_connections')),
            'alter system set max_connections = ...; or PgBouncer in front, and fewer processes'
        from (
            select count(*) as count from pg_stat_activity as activity where activity.backend_type = 'client backend'
        ) as used
        where used.count > 0.85 * current_setting('max_connections')::integer
        union all
        select
            11, 'bad', 'no_scheduler',
            'no scheduler leads: nothing due, retried or lost becomes available, and no schedule fires',
            'tusk scheduler'
        where
            not exists (
                select from tusk.leader as leader
                where leader.name = 'scheduler' and leader.expires_at > now() - interval '10 seconds'
            )
        union all
        select
            12, 'warning', 'scheduler_behind',
            format('the first job that is due waits since %s for the scheduler', first.due_at),
            'look at the log of the scheduler, and at the load of the server'
        from (
            select min(scheduled.due_at) as due_at from tusk.scheduled as scheduled where scheduled.shard = 0
        ) as first
        where first.due_at < clock_timestamp() - interval '15 seconds'
        union all
        select
            13, 'bad', 'no_partition',
            'jobs are in a table for those without a partition: no scheduler made partitions in time',
            'tusk scheduler: it moves them'
        where exists (select from tusk.job_overflow as overflow limit 1)
        union all
        select
            14, 'bad', 'no_worker', format('jobs wait in queue %s, and no live worker serves it', named.name),
            format('tusk worker --queues %s', named.name)
        from named
        where
            named.name is not null
            and not exists (
                select from tusk.worker as worker
                where worker.state = 'live' and named.name = any (worker.queues)
            )
        union all
        select
            14, 'bad', 'kind_not_offered',
            format(
                'jobs of kind %s wait in queue %s, and no live worker of it offers that kind', lacked.kind, named.name
            ),
            format('start a worker that offers it; tusk why --queue %s says which did last', named.name)
        from named
        cross join lateral unnest(tusk.kinds_not_offered(named.name)) as lacked (kind)
        where
            named.name is not null
            and exists (
                select from tusk.worker as worker
                where worker.state = 'live' and named.name = any (worker.queues)
            )
        union all
        select
            15, 'note', 'queue_paused',
            format(
                'queue %s is paused by %s since %s%s%s', paused.name, paused.paused_by, paused.paused_at,
                ' until ' || paused.paused_until, ': ' || paused.pause_reason
            ),
            format('tusk queue resume %s', paused.name)
        from tusk.paused_queue as paused
        union all
        select
            16, 'note', 'key_paused',
            format(
                'no job with %s starts; paused by %s since %s%s', given.key, given.paused_by, given.paused_at,
                ': ' || given.pause_reason
            ),
            format('tusk limit resume %s', given.key)
        from tusk.key_limit as given
        where given.paused_at is not null and coalesce(given.paused_until > clock_timestamp(), true)
        union all
        select
            17, 'warning', 'breaker_open',
            format('the breaker of %s is open since %s: %s', breaker.key, breaker.opened_at, left(breaker.reason, 200)),
            format('tusk limit close %s', breaker.key)
        from tusk.breaker as breaker
        where breaker.opened_at is not null
        union all
        select
            18, 'warning', 'schedule_fault', format('schedule %s does not fire: %s', schedule.name, schedule.fault),
            format('tusk schedule get %s', schedule.name)
        from tusk.schedule as schedule
        where schedule.fault is not null
        union all
        select
            19, 'warning', 'discarded',
            format(
                '%s jobs of queue %s were discarded within the last hour, %s completed', past.discarded, past.queue,
                past.completed
            ),
            'tusk errors'
        from (
            select minute.queue, sum(minute.discarded) as discarded, sum(minute.completed) as completed
            from tusk.minute as minute
            where minute.minute > now() - interval '1 hour'
            group by minute.queue
        ) as past
        where past.discarded >= 10 and past.discarded * 20 > past.completed
    )
    select found.severity, found.finding, found.message, found.remedy
    from found
    order by found.place, found.message;
end
$$;

comment on function tusk.doctor is
'What is wrong and what mends it: bad needs somebody now, warning soon, note is as somebody wanted it. No row: all is
well.';
