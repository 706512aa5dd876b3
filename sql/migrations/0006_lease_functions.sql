-- What may be done to a job by its lease or by an operator: assert_lease, complete, cancel, retry; cursors, watermarks.
-- Why: a handler's own changes and the completion of its job commit together; operators act by one call.
-- Locks: only new objects. Cost on 10 million rows: none.
-- SQLSTATE TK001: the lease is stale. TK002: the job was told to stop.

create function tusk.assert_lease(job_id bigint, lease bigint) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    held record;
    home constant smallint := assert_lease.job_id & 1023;
begin
    -- A lease of one job ends with its row: key share is enough to keep that. In a lease of several a job ends by its
    -- mark in the row, which nobody can set under share; its worker settles the others when this transaction is over.
    if (
        select cardinality(owned.ids) > 1
        from tusk.lease as owned
        where owned.shard = home and owned.number = assert_lease.lease
    ) then
        select owned.done, owned.cancels, array_position(owned.ids, assert_lease.job_id) as position into held
        from tusk.lease as owned
        where owned.shard = home and owned.number = assert_lease.lease
        for share;
    else
        select owned.done, owned.cancels, array_position(owned.ids, assert_lease.job_id) as position into held
        from tusk.lease as owned
        where owned.shard = home and owned.number = assert_lease.lease
        for key share;
    end if;
    if not found or held.position is null or (held.done is not null and get_bit(held.done, held.position - 1) = 1) then
        raise exception using
            errcode = 'TK001', message = format('lease %s of job %s is lost', lease, job_id),
            hint = 'Another worker may run the job now. Roll back.';
    elsif assert_lease.job_id = any (held.cancels) then
        raise exception using
            errcode = 'TK002', message = format('job %s was told to stop', job_id), hint = 'Roll back.';
    end if;
end
$$;

comment on function tusk.assert_lease
is 'Raises TK001 unless the lease is the present one of the job, and keeps it so until the transaction ends.';

create function tusk.complete(job_id bigint, lease bigint, result json default null) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    moment constant timestamptz := clock_timestamp();
    held record;
begin
    if octet_length(complete.result::text) > 65536 then
        perform tusk.refuse('#/result', 'result must be at most 65536 bytes');
    end if;
    select
        owned.gated, owned.done, owned.worker_id, owned.claimed_at, owned.attempts, cardinality(owned.ids) as size,
        array_position(owned.ids, complete.job_id) as position
    into held
    from tusk.lease as owned
    where owned.shard = complete.job_id & 1023 and owned.number = complete.lease
    for no key update;
    perform tusk.assert_lease(complete.job_id, complete.lease);
    insert into tusk.outcome (shard, attempt, state, id, lease, started_at, finished_at, worker_id, result)
    values (
        complete.job_id & 1023, coalesce(held.attempts[held.position], 0) + 1, 'completed', complete.job_id,
        complete.lease, held.claimed_at, moment, held.worker_id, complete.result
    );
    if coalesce(bit_count(held.done), 0) + 1 = held.size then
        if held.gated then
            delete from tusk.limit_hold as hold where hold.lease = complete.lease;
        end if;
        delete from tusk.lease as owned
        where owned.shard = complete.job_id & 1023 and owned.number = complete.lease;
    else
        update tusk.lease as owned
        set done = set_bit(
            coalesce(owned.done, repeat('0', held.size)::bit varying), held.position - 1, 1
        )
        where owned.shard = complete.job_id & 1023 and owned.number = complete.lease;
    end if;
end
$$;

comment on function tusk.complete
is 'Completes a running job in the caller''s transaction; raises TK001 when the lease is stale.';

create function tusk.cancel(job_id bigint, requested_by text default current_user, reason text default null)
returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    moment constant timestamptz := clock_timestamp();
    home constant smallint := cancel.job_id & 1023;
    waited record;
    final text;
begin
    -- A job may move from one table to the next between two looks; three rounds see it wherever it stops.
    for round in 1..3 loop
        with
        from_ready as (
            delete from tusk.ready as ready
            where ready.shard = home and ready.id = cancel.job_id
            returning ready.attempt, ready.last_lease
        ),
        from_scheduled as (
            delete from tusk.scheduled as scheduled
            where scheduled.shard = home and scheduled.id = cancel.job_id
            returning scheduled.attempt, scheduled.last_lease
        ),
        from_blocked as (
            delete from tusk.blocked as blocked
            where blocked.shard = home and blocked.id = cancel.job_id
            returning blocked.attempt, blocked.last_lease
        )
        select gone.attempt, gone.last_lease into waited
        from (
            select from_ready.attempt, from_ready.last_lease from from_ready
            union all select from_scheduled.attempt, from_scheduled.last_lease from from_scheduled
            union all select from_blocked.attempt, from_blocked.last_lease from from_blocked
        ) as gone;
        if found then
            insert into tusk.outcome (shard, attempt, state, id, lease, finished_at, reason, error)
            values (
                home, waited.attempt, 'cancelled', cancel.job_id, 0, moment, 'operator',
                format('cancelled by %s%s', requested_by, ': ' || cancel.reason)
            );
            return 'cancelled';
        end if;
        -- In the lease row itself: whoever settles locks that row and cannot miss it.
        update tusk.lease as lease
        set cancels = case
            when cancel.job_id = any (lease.cancels) then lease.cancels
            else array_append(lease.cancels, cancel.job_id)
        end
        where
            lease.shard = home
            and cancel.job_id = any (lease.ids)
            and (lease.done is null or get_bit(lease.done, array_position(lease.ids, cancel.job_id) - 1) = 0);
        if found then
            insert into tusk.cancel_request (shard, id, requested_at, requested_by, reason)
            values (home, cancel.job_id, moment, cancel.requested_by, cancel.reason)
            on conflict (shard, id) do update
            set
                requested_at = excluded.requested_at,
                requested_by = excluded.requested_by,
                reason = excluded.reason;
            return 'cancelling';
        end if;
        select outcome.state::text into final
        from tusk.outcome as outcome
        where outcome.shard = home and outcome.id = cancel.job_id;
        if found then
            return final;
        end if;
    end loop;
    return 'not_found';
end
$$;

comment on function tusk.cancel is
'Cancels a job. Answers cancelled, cancelling (it runs), completed or discarded (too late), or not_found.';

create function tusk.retry(job_id bigint) returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '1s'
as $$
#variable_conflict use_column
declare
    moment constant timestamptz := clock_timestamp();
    home constant smallint := retry.job_id & 1023;
    moved record;
    line record;
begin
    -- The key before the row, as an edit takes them, which would wait for the row while this waited for the key.
    perform tusk.lock_line(retry.job_id);
    for round in 1..3 loop
        delete from tusk.scheduled as scheduled
        where scheduled.shard = home and scheduled.id = retry.job_id
        returning scheduled.attempt, scheduled.last_lease into moved;
        if not found then
            delete from tusk.outcome as outcome
            where outcome.shard = home and outcome.id = retry.job_id and outcome.state <> 'completed'
            returning
                outcome.attempt, outcome.lease as last_lease, outcome.started_at, outcome.worker_id, outcome.error
            into moved;
            -- A job that was cancelled before it started has no attempt behind it.
            if found and moved.last_lease > 0 and moved.started_at is not null then
                insert into tusk.attempt (shard, attempt, id, lease, started_at, ended_at, worker_id, ended, error)
                values (
                    home, moved.attempt, retry.job_id, moved.last_lease, moved.started_at, moment,
                    moved.worker_id, 'discarded', moved.error
                );
            end if;
            if moved.last_lease is not null then
                perform tusk.retake_unique(retry.job_id);
            end if;
        end if;
        if moved.last_lease is not null then
            select job.order_key into line from tusk.job as job where job.shard = home and job.id = retry.job_id;
            if line.order_key is not null and not tusk.join_order(home, line.order_key, retry.job_id) then
                insert into tusk.blocked (
                    shard, priority, attempt, args_bytes, rank, id, last_lease, blocked_at, reason, key, turn_key,
                    queue, kind
                )
                select
                    home, job.priority, least(moved.attempt, job.max_attempts - 1), job.args_bytes, job.id >> 10,
                    job.id, moved.last_lease, moment, 'order', job.order_key,
                    tusk.turn_key(job.fair_key, job.finish_by), job.queue, job.kind
                from tusk.job as job
                where job.shard = home and job.id = retry.job_id;
                return 'blocked';
            end if;
            -- At least one more attempt, also for a job that used them all.
            insert into tusk.ready (
                shard, priority, attempt, gated, args_bytes, id, last_lease, available_at, turn_key, queue, kind
            )
            select
                home, job.priority, least(moved.attempt, job.max_attempts - 1),
                num_nonnulls(job.limit_keys, job.order_key, job.fair_key) > 0, job.args_bytes, job.id,
                moved.last_lease, moment, tusk.turn_key(job.fair_key, job.finish_by), job.queue, job.kind
            from tusk.job as job
            where job.shard = home and job.id = retry.job_id;
            return 'available';
        end if;
        if exists (select from tusk.ready as ready where ready.shard = home and ready.id = retry.job_id) then
            return 'available';
        elsif exists (select from tusk.blocked as blocked where blocked.shard = home and blocked.id = retry.job_id) then
            return 'blocked';
        elsif exists (
            select from tusk.outcome as outcome
            where outcome.shard = home and outcome.id = retry.job_id and outcome.state = 'completed'
        ) then
            return 'completed';
        elsif exists (
            select from tusk.lease as lease where lease.shard = home and retry.job_id = any (lease.ids)
        ) then
            return 'running';
        end if;
    end loop;
    return 'not_found';
end
$$;

comment on function tusk.retry is
'Makes a waiting, discarded or cancelled job available now. Returns its state: available, or why it is not. Raises '
'TK003 when another job holds its unique key by now.';

create table tusk.job_cursor (
    shard smallint not null,
    id bigint not null,
    lease bigint not null,
    saved_at timestamptz not null,
    value json not null,
    constraint job_cursor_pkey primary key (shard, id),
    constraint job_cursor_value_length check (octet_length(value::text) <= 65536)
) with (fillfactor = 50);

comment on table tusk.job_cursor
is 'How far a job has come, for its next attempt to go on from. Lives as long as the job.';
comment on column tusk.job_cursor.shard is 'The shard of the job.';
comment on column tusk.job_cursor.id is 'The job.';
comment on column tusk.job_cursor.lease is 'The lease under which it was saved.';
comment on column tusk.job_cursor.saved_at is 'When it was saved.';
comment on column tusk.job_cursor.value is 'What the handler wants to know, at most 64 KiB.';

create function tusk.save_cursor(job_id bigint, lease bigint, value json) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    if octet_length(save_cursor.value::text) > 65536 then
        perform tusk.refuse('#/value', 'a cursor must be at most 65536 bytes');
    end if;
    perform tusk.assert_lease(save_cursor.job_id, save_cursor.lease);
    insert into tusk.job_cursor as kept (shard, id, lease, saved_at, value)
    values (save_cursor.job_id & 1023, save_cursor.job_id, save_cursor.lease, clock_timestamp(), save_cursor.value)
    on conflict (shard, id) do update
    set lease = excluded.lease, saved_at = excluded.saved_at, value = excluded.value;
end
$$;

comment on function tusk.save_cursor
is 'Saves how far a running job is, in the caller''s transaction; raises TK001 when the lease is stale.';

create function tusk.read_cursor(job_id bigint) returns json
language sql stable
set search_path = pg_catalog, pg_temp
return (
    select kept.value from tusk.job_cursor as kept where kept.shard = job_id & 1023 and kept.id = job_id
);

comment on function tusk.read_cursor is 'How far a job has come; null: nothing was saved.';

create table tusk.watermark (
    name text collate "C" not null,
    moved_at timestamptz not null default now(),
    value text,
    constraint watermark_pkey primary key (name),
    constraint watermark_name_length check (octet_length(name) between 1 and 512)
);

comment on table tusk.watermark is 'Up to where a source was taken over by the jobs of one name, such as rollups.';
comment on column tusk.watermark.name is 'Which source into which target.';
comment on column tusk.watermark.moved_at is 'When it was last moved.';
comment on column tusk.watermark.value is 'The last value that was taken over, as text; null: none yet.';

create function tusk.hold_watermark(name text) returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    held text;
begin
    insert into tusk.watermark (name) values (hold_watermark.name) on conflict (name) do nothing;
    select mark.value into held from tusk.watermark as mark where mark.name = hold_watermark.name for update;
    return held;
end
$$;

comment on function tusk.hold_watermark
is 'The watermark of a name, kept from others until the transaction ends; null: nothing was taken over yet.';

create function tusk.move_watermark(name text, value text) returns void
language sql volatile
set search_path = pg_catalog, pg_temp
begin atomic
    update tusk.watermark as mark
    set value = move_watermark.value, moved_at = clock_timestamp()
    where mark.name = move_watermark.name;
end;

comment on function tusk.move_watermark is 'Moves a watermark that hold_watermark holds.';

create function tusk.prune_gone(name text, rows_most integer) returns bigint
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
    mark_name constant text := 'tusk.prune_gone ' || name;
    -- Jobs go by whole ranges of ids, the lowest first. What lives of those is in job_kept, below all ranges.
    oldest_range constant bigint := (
        select min(substring(class.relname from '^job_([0-9]+)_to_')::bigint) << 10
        from pg_inherits as inherits
        inner join pg_class as class on class.oid = inherits.inhrelid
        where inherits.inhparent = 'tusk.job'::regclass and class.relname ~ '^job_[0-9]+_to_[0-9]+$'
    );
    reached constant bigint := coalesce(
        (select mark.value::bigint from tusk.watermark as mark where mark.name = mark_name), 0
    );
    looked integer;
    last bigint;
    pruned bigint;
begin
    execute format(
        'with near as materialized ('
        'select kept.ctid as place, kept.id from tusk.%1$I as kept '
        'where kept.shard = 0 and kept.id > $1 and kept.id < $2 order by kept.id limit $3'
        '), gone as (delete from tusk.%1$I as old where old.ctid = any (array('
        'select near.place from near where not exists ('
        'select from tusk.job as job where job.shard = 0 and job.id = near.id))) returning 1'
        ') select (select count(*) from near), (select max(near.id) from near), (select count(*) from gone)', name
    ) into looked, last, pruned using reached, oldest_range, rows_most;
    if looked = rows_most or reached > 0 then
        insert into tusk.watermark as mark (name, value)
        values (mark_name, case when looked = rows_most then last else 0 end::text)
        on conflict on constraint watermark_pkey do update set value = excluded.value, moved_at = now();
    end if;
    return pruned;
end
$$;

comment on function tusk.prune_gone is
'Looks at the next rows of a small table that belong to jobs in ranges of ids which were dropped, and deletes those '
'whose job did not stay; how many.';
