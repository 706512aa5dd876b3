-- The view that shows every job with its state.
-- Why: readers need one place to look; where a job's id is kept is the engine's business.
-- Locks: only new objects. Cost on 10 million rows: none; a look-up by id is an index probe in each table.

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
