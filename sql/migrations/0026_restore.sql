-- A database that was restored from a backup, or copied, does no work until an operator says what becomes of its jobs.
-- Why: its jobs are those of the moment of the backup. What has run since would run again, and a copy for tests would
-- do the work of the original.
-- A server that took over from a failed one, or was upgraded, is not one of those: it goes on where the other stopped.
-- Both have another timeline or system identifier; what tells them apart is how long ago the last sign of life is.
-- Locks: only new objects. Cost on 10 million rows: none.

create function tusk.find_identity(
    out system_identifier bigint, out timeline integer, out database_oid oid, out table_oid oid
)
language sql volatile
set search_path = pg_catalog, pg_temp
begin atomic
    select
        control.system_identifier,
        ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer,
        base.oid,
        class.oid
    from pg_control_system() as control
    cross join pg_database as base
    cross join pg_class as class
    where base.datname = current_database() and class.oid = 'tusk.identity'::regclass;
end;

comment on function tusk.find_identity is 'Which database this is now. Not on a standby.';

create function tusk.check_identity() returns timestamptz
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    -- A failover or an upgrade that takes longer than this is taken for a restored backup.
    silence_most constant interval := interval '15 minutes';
    here record;
    known record;
    is_same boolean;
    is_copy boolean;
    last_sign timestamptz;
begin
    if pg_is_in_recovery() then
        return null;
    end if;
    select * into strict here from tusk.find_identity();
    select * into known from tusk.identity;
    is_same := (known.system_identifier, known.timeline, known.database_oid, known.table_oid)
        = (here.system_identifier, here.timeline, here.database_oid, here.table_oid);
    if is_same and known.seen_at > clock_timestamp() - interval '1 minute' then
        return known.restored_at;
    end if;

    insert into tusk.identity (system_identifier, timeline, database_oid, table_oid, seen_at)
    values (here.system_identifier, here.timeline, here.database_oid, here.table_oid, clock_timestamp())
    on conflict do nothing;
    select * into strict known from tusk.identity for update;
    is_same := (known.system_identifier, known.timeline, known.database_oid, known.table_oid)
        = (here.system_identifier, here.timeline, here.database_oid, here.table_oid);
    is_copy := (known.database_oid, known.table_oid) <> (here.database_oid, here.table_oid);
    last_sign := greatest(
        known.seen_at,
        (select max(worker.heartbeat_at) from tusk.worker as worker),
        (select max(scheduler.heartbeat_at) from tusk.scheduler as scheduler)
    );
    if known.restored_at is null and not is_same
        and (is_copy or last_sign < clock_timestamp() - silence_most) then
        known.restored_at := clock_timestamp();
        -- Processes that outlived the restore must not go on under their former ids.
        delete from tusk.worker;
    end if;
    update tusk.identity
    set
        system_identifier = here.system_identifier, timeline = here.timeline, database_oid = here.database_oid,
        table_oid = here.table_oid, seen_at = clock_timestamp(), restored_at = known.restored_at;
    return known.restored_at;
end
$$;

comment on function tusk.check_identity
is 'Since when this database waits for an operator because it was restored or copied; null: it is at work.';

create function tusk.resume_restored(pausing boolean, who text, why text default null) returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    names text [];
begin
    perform from tusk.identity where restored_at is not null for update;
    if not found then
        return false;
    end if;
    if pausing then
        names := array(
            select queue.name from tusk.queue as queue
            union
            select ready.queue from tusk.ready as ready
            union
            select waiting.queue from tusk.scheduled as waiting
            union
            select held.queue from tusk.blocked as held
            union
            select job.queue
            from tusk.lease as lease
            cross join lateral unnest(lease.ids) as running (id)
            inner join tusk.job as job on job.shard = lease.shard and job.id = running.id
        );
        insert into tusk.queue as queue (name, paused_at, paused_by, pause_reason)
        select given.name, clock_timestamp(), who, why
        from unnest(names) as given (name)
        on conflict (name) do update
        set
            paused_at = excluded.paused_at, paused_until = null, paused_by = excluded.paused_by,
            pause_reason = excluded.pause_reason;
        perform tusk.pause_schedule(schedule.name, who, why)
        from tusk.schedule as schedule
        where schedule.paused_at is null;
    end if;
    update tusk.identity set restored_at = null;
    return true;
end
$$;

comment on function tusk.resume_restored
is 'Lets a restored database work: with all its jobs, or with all queues and schedules paused. False: it was at work.';
