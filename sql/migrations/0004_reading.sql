-- The view that shows every job with its state.
-- Why: readers need one place to look; where a job's id is kept is the engine's business.
-- Locks: only new objects. Cost on 10 million rows: none; a look-up by id is an index probe in each table. A look for
-- jobs of a kind goes down by id through the table of their state, as far as it is told, so that no enqueue has to pay
-- for an index on kind, queue or tags.

create view tusk.jobs as
with waiting as (
    select
        ready.shard,
        ready.id,
        'available'::tusk.job_state as state,
        ready.attempt,
        ready.queue,
        ready.priority,
        ready.last_lease,
        ready.available_at as run_at,
        null::text as blocked_by
    from tusk.ready as ready
    union all
    select
        scheduled.shard,
        scheduled.id,
        case when scheduled.last_lease = 0 then 'scheduled' else 'retryable' end::tusk.job_state as state,
        scheduled.attempt,
        scheduled.queue,
        scheduled.priority,
        scheduled.last_lease,
        scheduled.due_at as run_at,
        null::text as blocked_by
    from tusk.scheduled as scheduled
    union all
    select
        blocked.shard,
        blocked.id,
        'blocked'::tusk.job_state as state,
        blocked.attempt,
        blocked.queue,
        blocked.priority,
        blocked.last_lease,
        null::timestamptz as run_at,
        blocked.reason || ' ' || blocked.key as blocked_by
    from tusk.blocked as blocked
),
placed as (
    select
        waiting.shard,
        waiting.id,
        waiting.state,
        waiting.queue,
        waiting.priority,
        waiting.attempt::integer as attempt,
        waiting.run_at,
        null::timestamptz as started_at,
        null::timestamptz as finished_at,
        nullif(waiting.last_lease, 0) as lease,
        null::uuid as worker_id,
        waiting.blocked_by,
        null::text as reason,
        null::text as error,
        null::json as result,
        null::timestamptz as cancel_requested_at
    from waiting
    union all
    select
        lease.shard,
        held.id,
        'running'::tusk.job_state as state,
        null::text as queue,
        null::smallint as priority,
        coalesce(lease.attempts[held.position], 0) + 1 as attempt,
        null::timestamptz as run_at,
        lease.claimed_at as started_at,
        null::timestamptz as finished_at,
        lease.number as lease,
        lease.worker_id,
        null::text as blocked_by,
        null::text as reason,
        null::text as error,
        null::json as result,
        case when held.id = any (lease.cancels) then (
            select request.requested_at
            from tusk.cancel_request as request
            where request.shard = lease.shard and request.id = held.id
        ) end as cancel_requested_at
    from tusk.lease as lease
    cross join lateral unnest(lease.ids) with ordinality as held (id, position)
    where lease.done is null or get_bit(lease.done, held.position::integer - 1) = 0
    union all
    select
        outcome.shard,
        outcome.id,
        outcome.state,
        null::text as queue,
        null::smallint as priority,
        outcome.attempt::integer as attempt,
        null::timestamptz as run_at,
        outcome.started_at,
        outcome.finished_at,
        nullif(outcome.lease, 0) as lease,
        outcome.worker_id,
        null::text as blocked_by,
        outcome.reason,
        outcome.error,
        outcome.result,
        null::timestamptz as cancel_requested_at
    from tusk.outcome as outcome
)
select
    placed.id,
    placed.state,
    job.kind,
    coalesce(placed.queue, job.queue) as queue,
    coalesce(placed.priority, job.priority) as priority,
    placed.attempt,
    job.max_attempts,
    job.args,
    job.tags,
    job.metadata,
    job.traceparent,
    job.created_at,
    placed.run_at,
    placed.started_at,
    placed.finished_at,
    placed.lease,
    placed.worker_id,
    placed.blocked_by,
    placed.reason,
    placed.error,
    placed.result,
    placed.cancel_requested_at
from placed
inner join tusk.job as job on job.shard = (placed.id & 1023)::smallint and job.id = placed.id;

comment on view tusk.jobs is 'Every job with its state. Select by id or state; a count over all of it reads all of it.';
comment on column tusk.jobs.id is 'The job.';
comment on column tusk.jobs.state
is 'scheduled, available, running, retryable, blocked, completed, cancelled, discarded.';
comment on column tusk.jobs.kind is 'Which handler runs it.';
comment on column tusk.jobs.queue is 'The queue it waits in.';
comment on column tusk.jobs.priority is 'Band: smaller is claimed first.';
comment on column tusk.jobs.attempt is 'Attempts used; while it runs, the present one included.';
comment on column tusk.jobs.max_attempts is 'How many failed attempts end it.';
comment on column tusk.jobs.args is 'Its input.';
comment on column tusk.jobs.tags is 'Words to find it by.';
comment on column tusk.jobs.metadata is 'Kept for its sender.';
comment on column tusk.jobs.traceparent is 'W3C trace context of the enqueue.';
comment on column tusk.jobs.created_at is 'When it was enqueued.';
comment on column tusk.jobs.run_at is 'Since when it is available, or when it will be.';
comment on column tusk.jobs.started_at is 'When its present or last attempt started.';
comment on column tusk.jobs.finished_at is 'When it ended.';
comment on column tusk.jobs.lease is 'The present or last lease.';
comment on column tusk.jobs.worker_id is 'Who runs it or ran it last.';
comment on column tusk.jobs.blocked_by is 'What holds it back.';
comment on column tusk.jobs.reason is 'Why it did not complete.';
comment on column tusk.jobs.error is 'Message of its last error.';
comment on column tusk.jobs.result is 'What the handler returned.';
comment on column tusk.jobs.cancel_requested_at is 'When it was told to stop, while it still runs.';

create function tusk.find_jobs(
    state tusk.job_state, queue text, kind text, tag text, below bigint, jobs_most integer, looked_most integer,
    out ids bigint [], out reached bigint
) returns record
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_sort = off
set jit = off
as $$
#variable_conflict use_variable
declare
    -- Bounded before anything is left out, so that what does not fit counts too; only where an index has just what fits
    -- nothing else is looked at. What runs is sorted, since leases are few.
    near constant text := case
        when state is null then 'select job.id, true as fits from tusk.job as job where job.id < $1'
        when state = 'available' then 'select ready.id, true as fits from tusk.ready as ready where ready.id < $1'
        when state = 'scheduled' then
            'select later.id, later.last_lease = 0 as fits from tusk.scheduled as later where later.id < $1'
        when state = 'retryable' then
            'select later.id, true as fits from tusk.scheduled as later where later.id < $1 and later.last_lease > 0'
        when state = 'blocked' then 'select held.id, true as fits from tusk.blocked as held where held.id < $1'
        when state = 'running' then
            'select running.id, true as fits from tusk.lease as lease '
            'cross join lateral unnest(lease.ids) with ordinality as running (id, position) where running.id < $1 '
            'and (lease.done is null or get_bit(lease.done, running.position::integer - 1) = 0)'
        when state = 'completed' then
            'select past.id, past.state = ''completed'' as fits from tusk.outcome as past where past.id < $1'
        else format(
            'select past.id, true as fits from tusk.outcome as past where past.id < $1 and past.state = %L', state
        )
    end || ' order by id desc limit $2';
    -- A job that is not there any more counts as looked at.
    narrowed constant text := format(
        'select near.id, near.fits and coalesce(facts.fits, false) as fits from (%s) as near left join lateral ('
        'select coalesce(job.queue = $3, true) and coalesce(job.kind = $4, true) and '
        '($5 is null or coalesce($5 = any (job.tags), false)) as fits '
        'from tusk.job as job where job.shard = (near.id & 1023)::smallint and job.id = near.id limit 1'
        ') as facts on true order by near.id desc', near
    );
    candidate record;
    looked integer := 0;
begin
    ids := '{}';
    for candidate in
        execute case when num_nonnulls(queue, kind, tag) > 0 then narrowed else near end
        using below, looked_most, queue, kind, tag
    loop
        looked := looked + 1;
        reached := candidate.id;
        if candidate.fits then
            ids := ids || candidate.id;
            exit when cardinality(ids) = jobs_most;
        end if;
    end loop;
    if looked < looked_most and cardinality(ids) < jobs_most then
        reached := null;
    end if;
end
$$;

comment on function tusk.find_jobs is
'The newest jobs below an id that are like this, among so many at most, and how far it looked; null: there are no '
'more.';

create function tusk.show_jobs(ids bigint [], state tusk.job_state) returns setof tusk.jobs
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
    -- The array is a value and no join, so that each table is asked for it by its index.
    return query
    select jobs.*
    from tusk.jobs as jobs
    where jobs.id = any (show_jobs.ids) and (show_jobs.state is null or jobs.state = show_jobs.state);
end
$$;

comment on function tusk.show_jobs is 'What the view of jobs has of these; null: whatever their state.';
