-- Jobs that are of no use when they start late.
-- Why: a job with start_by is discarded when no attempt of it was claimed by then.
-- Locks: only new objects. Cost on 10 million rows: none, the table is new and holds only jobs that have a deadline.
--
-- Such jobs are gated, so tusk.claim_gated sees them and leaves those that are late; the scheduler discards them. The
-- row of a deadline goes when its time has come, so that a job which an operator retries afterwards runs.

create table tusk.start_deadline (
    shard smallint not null default 0,
    start_by timestamptz not null,
    id bigint not null,
    constraint start_deadline_pkey primary key (shard, start_by, id)
) with (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_threshold = -1, autovacuum_vacuum_cost_delay = 0
);

comment on table tusk.start_deadline is 'Jobs that must have been claimed by a time that has not come yet.';
comment on column tusk.start_deadline.shard is 'The shard of the job.';
comment on column tusk.start_deadline.start_by is 'The time, as in tusk.job.';
comment on column tusk.start_deadline.id is 'The job.';

create function tusk.is_late(home smallint, id bigint, start_by timestamptz) returns boolean
language sql volatile
set search_path = pg_catalog, pg_temp
return is_late.start_by <= clock_timestamp() and exists (
    select from tusk.start_deadline as given
    where given.shard = is_late.home and given.start_by = is_late.start_by and given.id = is_late.id
);

comment on function tusk.is_late is 'Whether a job that was never claimed may not start any more.';

create function tusk.discard_late(home smallint, jobs_most integer, out discarded bigint [], out next_ms bigint)
returns record
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
    moment constant timestamptz := clock_timestamp();
    late record;
    next_at timestamptz;
begin
    discarded := '{}';
    for late in
        select given.start_by, given.id
        from tusk.start_deadline as given
        where given.shard = home and given.start_by <= moment
        order by given.start_by, given.id
        limit jobs_most
        for update skip locked
    loop
        with
        from_ready as (
            delete from tusk.ready as waiting
            where
                waiting.shard = home and waiting.id = late.id and waiting.last_lease = 0
                and waiting.interruptions = 0
            returning waiting.id
        ),
        from_scheduled as (
            delete from tusk.scheduled as waiting
            where waiting.shard = home and waiting.id = late.id and waiting.last_lease = 0
            returning waiting.id
        ),
        from_blocked as (
            delete from tusk.blocked as waiting
            where
                waiting.shard = home and waiting.id = late.id and waiting.last_lease = 0
                and waiting.interruptions = 0
            returning waiting.id
        ),
        gone as (
            select from_ready.id from from_ready
            union all select from_scheduled.id from from_scheduled
            union all select from_blocked.id from from_blocked
        )
        insert into tusk.outcome (shard, attempt, state, id, lease, finished_at, reason, error)
        select
            home, 0, 'discarded', gone.id, 0, moment, 'start_by',
            format('it should have started by %s', late.start_by)
        from gone;
        if found then
            discarded := discarded || late.id;
        -- It may be on its way from one table to the next; the next rounds look again.
        elsif late.start_by > moment - interval '10 s' and not exists (
            select
            from tusk.jobs as job
            where job.id = late.id and (job.lease is not null or job.finished_at is not null)
        ) then
            continue;
        end if;
        delete from tusk.start_deadline as given
        where given.shard = home and given.start_by = late.start_by and given.id = late.id;
    end loop;
    select given.start_by into next_at
    from tusk.start_deadline as given
    where given.shard = home
    order by given.start_by
    limit 1;
    if next_at is not null then
        next_ms := ceil(extract(epoch from greatest(next_at - clock_timestamp(), interval '0 s')) * 1000);
    end if;
end
$$;

comment on function tusk.discard_late is
'Discards jobs that should have started by now; which, and the milliseconds until the next has to start: null if none.';
