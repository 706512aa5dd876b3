-- The tables a job lives in: its facts once, and its state as the small table that holds its id.
-- Why: waiting rows are inserted and deleted, never updated, so hot tables stay narrow and nothing depends on HOT.
-- Locks: only new objects. Cost on 10 million rows: none, the schema is new.

comment on schema tusk is 'The Tusk job queue. Read through the view tusk.jobs; write through the functions.';

create type tusk.job_state as enum (
    'scheduled', 'available', 'running', 'retryable', 'blocked', 'completed', 'cancelled', 'discarded'
);

comment on type tusk.job_state is 'Where a job is in its life; the last three are final.';

-- One sequence numbers the places in line and, at enqueue, the jobs: a job id is its first rank << 10 | shard.
create sequence tusk.rank as bigint maxvalue 9007199254740991;

comment on sequence tusk.rank is 'Places in line. Every row that enters ready draws a fresh one.';

create sequence tusk.lease_number as bigint;

comment on sequence tusk.lease_number is 'Lease numbers: the fence. Every claim draws one greater than all before.';

-- Facts, written once at enqueue.

create table tusk.job (
    shard smallint not null default 0,
    priority smallint not null,
    max_attempts smallint not null,
    id bigint not null,
    args_bytes integer not null,
    timeout_ms integer,
    created_at timestamptz not null,
    kind text collate "C" not null,
    queue text collate "C" not null,
    args json not null,
    retry json,
    tags text [],
    metadata json,
    traceparent text,
    limit_keys text [] collate "C",
    limit_weights smallint [],
    uniqueness json,
    order_key text collate "C",
    order_wait_ms bigint,
    start_by timestamptz,
    fair_key text collate "C",
    finish_by timestamptz,
    constraint job_pkey primary key (id, shard),
    constraint job_priority_range check (priority between 0 and 9),
    constraint job_max_attempts_range check (max_attempts between 1 and 1000),
    constraint job_timeout_positive check (timeout_ms > 0),
    constraint job_kind_length check (octet_length(kind) between 1 and 128),
    constraint job_queue_length check (octet_length(queue) between 1 and 128)
) partition by range (id);

comment on table tusk.job is 'What a job is. Written once at enqueue; changed only while it waits, by an operator.';
comment on column tusk.job.shard is 'Which shard the job lives in: the low 10 bits of its id; 0 on one PostgreSQL.';
comment on column tusk.job.priority is 'Band in the queue: 0 to 9, smaller is claimed first.';
comment on column tusk.job.max_attempts is 'How many failed attempts end the job as discarded.';
comment on column tusk.job.id is 'Number of the job: first rank << 10 | shard. Partitions are ranges of it.';
comment on column tusk.job.args_bytes is 'Length of args in bytes, so that claims can be bounded without reading them.';
comment on column tusk.job.timeout_ms is 'Longest run of one attempt in milliseconds; null: the worker''s default.';
comment on column tusk.job.created_at is 'When the job was enqueued.';
comment on column tusk.job.kind is 'Which handler runs it.';
comment on column tusk.job.queue is 'The queue it waits in.';
comment on column tusk.job.args is 'Its input: the client''s own bytes, never re-encoded.';
comment on column tusk.job.retry is 'Its retry policy; null: the policy of its kind.';
comment on column tusk.job.tags is 'Words to find it by.';
comment on column tusk.job.metadata is 'Anything its sender wants to keep with it.';
comment on column tusk.job.traceparent is 'W3C trace context of the enqueue.';
comment on column tusk.job.start_by is 'Until when its first attempt must have been claimed; null: at any time.';
comment on column tusk.job.limit_keys is 'Limits it counts for while it runs, beside those of its queue and kind.';
comment on column tusk.job.limit_weights is 'How much it counts for each of them; null: 1 each.';
comment on column tusk.job.order_key is 'Jobs with the same one run one at a time, in the order of their enqueues.';
comment on column tusk.job.order_wait_ms
is 'How long those behind it wait when it is discarded; null: until somebody retries it or releases the key.';
comment on column tusk.job.fair_key is 'The key whose share of its queue and band it takes; null: none.';
comment on column tusk.job.finish_by
is 'By when it should be finished; the earliest of a queue and band is claimed first. Null: after those.';
comment on column tusk.job.uniqueness is 'What makes it unique, as it was asked for; null: nothing.';

-- Ids outside every range: while the scheduler was away for long. It empties this table when it is back.
create table tusk.job_overflow partition of tusk.job default;

comment on table tusk.job_overflow is 'Jobs whose id range has no partition yet; normally empty.';

-- Waiting rows: one of these three tables holds the id of a job that nobody runs.

create table tusk.ready (
    shard smallint not null default 0,
    priority smallint not null,
    attempt smallint not null default 0,
    interruptions smallint not null default 0,
    gated boolean not null default false,
    released boolean not null default false,
    args_bytes integer not null,
    rank bigint not null default nextval('tusk.rank'),
    id bigint not null,
    last_lease bigint not null default 0,
    available_at timestamptz not null,
    turn_key text collate "C" not null default '',
    queue text collate "C" not null,
    kind text collate "C" not null,
    constraint ready_pkey primary key (shard, queue, priority, gated, turn_key, rank),
    constraint ready_fair_is_gated check (gated or turn_key < '"')
) with (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_threshold = -1, autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 50000, autovacuum_vacuum_cost_delay = 0
);

create index ready_id on tusk.ready (id);

create index ready_alone on tusk.ready (shard, queue, priority, rank) where interruptions > 0;

create index ready_gated on tusk.ready (shard, queue, priority, rank) where gated and turn_key < '"';

create index ready_turn on tusk.ready (shard, queue, priority, rank) where turn_key <> '';

create index ready_deadline on tusk.ready (shard, queue, priority, turn_key, rank)
where turn_key > '' and turn_key < '"';

comment on table tusk.ready is 'Jobs that may be claimed now, in the order of rank within queue and priority.';
comment on column tusk.ready.shard is 'The shard of the job.';
comment on column tusk.ready.priority is 'Band: smaller is claimed first.';
comment on column tusk.ready.attempt is 'Attempts already used.';
comment on column tusk.ready.interruptions
is 'Leases lost since an attempt last ended by itself; above 0 the job runs alone.';
comment on column tusk.ready.gated is 'Whether it names limits, so that only claim_gated may take it.';
comment on column tusk.ready.released is 'Whether it was held back and goes ahead of those that were not.';
comment on column tusk.ready.args_bytes is 'Length of the args, for claims bounded by bytes.';
comment on column tusk.ready.rank is 'Place in line, fresh at every entry.';
comment on column tusk.ready.id is 'The job.';
comment on column tusk.ready.last_lease
is 'The lease that put it here; 0: none, or it was lost. Lets a settle sent twice be recognised.';
comment on column tusk.ready.available_at is 'Since when it may be claimed.';
comment on column tusk.ready.turn_key
is 'What decides its turn in its band: the fair key whose share it takes, in gated rows only; ! and the time by which it
should be finished, the earliest first and before all others; empty: its rank. See tusk.turn_key.';
comment on column tusk.ready.queue is 'The queue it waits in.';
comment on column tusk.ready.kind is 'Which handler runs it; workers claim only kinds they offer.';

create table tusk.scheduled (
    shard smallint not null default 0,
    priority smallint not null,
    attempt smallint not null default 0,
    gated boolean not null default false,
    args_bytes integer not null,
    due_at timestamptz not null,
    id bigint not null,
    last_lease bigint not null default 0,
    turn_key text collate "C" not null default '',
    queue text collate "C" not null,
    kind text collate "C" not null,
    constraint scheduled_pkey primary key (shard, due_at, id)
) with (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_threshold = -1, autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 50000, autovacuum_vacuum_cost_delay = 0
);

create index scheduled_id on tusk.scheduled (id);

-- For lists of queues, which count up to a bound in each; a job that is due later pays less than a microsecond for it.
create index scheduled_queue on tusk.scheduled (queue);

-- For lists of what waits for a retry among many that wait for their first run. Only retries pay for it.
create index scheduled_retryable on tusk.scheduled (id) where last_lease > 0;

comment on table tusk.scheduled is 'Jobs that wait for a time: scheduled, or retryable once they had a lease.';
comment on column tusk.scheduled.shard is 'The shard of the job.';
comment on column tusk.scheduled.priority is 'Band it enters when due.';
comment on column tusk.scheduled.attempt is 'Attempts already used.';
comment on column tusk.scheduled.gated is 'Whether it names limits.';
comment on column tusk.scheduled.args_bytes is 'Length of the args.';
comment on column tusk.scheduled.due_at is 'When it becomes available.';
comment on column tusk.scheduled.id is 'The job.';
comment on column tusk.scheduled.last_lease is 'The lease it came back from; 0: it never ran.';
comment on column tusk.scheduled.turn_key is 'As in ready.';
comment on column tusk.scheduled.queue is 'The queue it enters when due.';
comment on column tusk.scheduled.kind is 'Which handler runs it.';

create table tusk.blocked (
    shard smallint not null default 0,
    priority smallint not null,
    attempt smallint not null default 0,
    interruptions smallint not null default 0,
    args_bytes integer not null,
    rank bigint not null,
    id bigint not null,
    last_lease bigint not null default 0,
    blocked_at timestamptz not null,
    due_at timestamptz,
    reason text collate "C" not null,
    key text collate "C" not null,
    turn_key text collate "C" not null default '',
    queue text collate "C" not null,
    kind text collate "C" not null,
    constraint blocked_pkey primary key (shard, reason, key, priority, rank, id)
) with (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_threshold = -1, autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 50000, autovacuum_vacuum_cost_delay = 0
);

create index blocked_id on tusk.blocked (id);

create index blocked_queue on tusk.blocked (queue);

create index blocked_limit on tusk.blocked (
    shard, key, priority, (case when turn_key < '"' then nullif(turn_key, '') end), rank
) where reason = 'limit';

create index blocked_order on tusk.blocked (shard, key, rank) where reason = 'order';

comment on table tusk.blocked is 'Jobs set aside because something named holds them back.';
comment on column tusk.blocked.shard is 'The shard of the job.';
comment on column tusk.blocked.priority is 'Band it returns to.';
comment on column tusk.blocked.attempt is 'Attempts already used.';
comment on column tusk.blocked.interruptions is 'As in ready.';
comment on column tusk.blocked.args_bytes is 'Length of the args.';
comment on column tusk.blocked.rank is 'Its place in line when it was set aside, so that it is released in order.';
comment on column tusk.blocked.id is 'The job.';
comment on column tusk.blocked.last_lease is 'As in ready.';
comment on column tusk.blocked.blocked_at is 'Since when.';
comment on column tusk.blocked.due_at is 'When it may run at the earliest; null: at once.';
comment on column tusk.blocked.reason is 'What sort of thing holds it: limit, or order.';
comment on column tusk.blocked.key is 'Which one of that sort: the key of the limit, or the order key.';
comment on column tusk.blocked.turn_key is 'As in ready.';
comment on column tusk.blocked.queue is 'The queue it returns to.';
comment on column tusk.blocked.kind is 'Which handler runs it.';

-- Running: one row for a whole claim.

create table tusk.lease (
    shard smallint not null default 0,
    interruptions smallint not null default 0,
    gated boolean not null default false,
    number bigint not null default nextval('tusk.lease_number'),
    worker_id uuid not null,
    claimed_at timestamptz not null,
    expires_at timestamptz,
    done bit varying,
    cancels bigint [],
    attempts smallint [],
    ids bigint [] not null,
    constraint lease_pkey primary key (shard, number)
) with (
    fillfactor = 70, toast_tuple_target = 128,
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 10000,
    autovacuum_vacuum_cost_delay = 0, toast.autovacuum_vacuum_scale_factor = 0,
    toast.autovacuum_vacuum_threshold = 1000, toast.autovacuum_vacuum_cost_delay = 0
);

-- Out of line and not compressed: marking jobs done rewrites only the short part of the row.
alter table tusk.lease alter column ids set storage external;
alter table tusk.lease alter column attempts set storage external;

-- Without the shard, so that a statement that names a shard and numbers can go by no other index than the primary key,
-- also when it is planned while the table is empty.
create index lease_worker on tusk.lease (worker_id);

comment on table tusk.lease
is 'Claims under way: a row for each batch. The row is the fence: no row, no right to write.';
comment on column tusk.lease.shard is 'The shard of its jobs.';
comment on column tusk.lease.interruptions is 'Above 0: its one job runs alone after that many lost leases.';
comment on column tusk.lease.gated is 'Whether its jobs may hold limit slots, which end with them.';
comment on column tusk.lease.number is 'Greater than every lease granted before.';
comment on column tusk.lease.worker_id is 'Who holds it.';
comment on column tusk.lease.claimed_at is 'When it was granted.';
comment on column tusk.lease.expires_at is 'When it ends by itself; null: it lives with the worker''s heartbeat.';
comment on column tusk.lease.done is 'A bit for each position in ids, 1 when that job is settled; null: none is.';
comment on column tusk.lease.cancels
is 'Jobs of this lease that were told to stop. In the row so that settling cannot miss it.';
comment on column tusk.lease.attempts is 'Attempts used before this one, by position; null: all 0.';
comment on column tusk.lease.ids is 'Its jobs.';

create table tusk.worker (
    id uuid not null,
    pid integer not null,
    slots integer not null,
    lease_ms integer not null,
    started_at timestamptz not null,
    heartbeat_at timestamptz not null,
    state text not null,
    host text not null,
    version text not null,
    queues text [] not null,
    kinds text [] not null,
    constraint worker_pkey primary key (id),
    constraint worker_slots_positive check (slots > 0),
    constraint worker_lease_positive check (lease_ms > 0),
    constraint worker_state_known check (state in ('live', 'draining'))
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

comment on table tusk.worker is 'Live worker processes. The heartbeat column has no index, so that beating stays HOT.';
comment on column tusk.worker.id is 'Random, drawn at each start.';
comment on column tusk.worker.pid is 'Process id on its host; a label.';
comment on column tusk.worker.slots is 'How many jobs it runs at once.';
comment on column tusk.worker.lease_ms is 'Without a heartbeat for so many milliseconds it is taken for dead.';
comment on column tusk.worker.started_at is 'When it registered.';
comment on column tusk.worker.heartbeat_at is 'When it was last heard of.';
comment on column tusk.worker.state is 'live, or draining: it claims no more.';
comment on column tusk.worker.host is 'Name of its host; a label.';
comment on column tusk.worker.version is 'Version of its program.';
comment on column tusk.worker.queues is 'Queues it claims from.';
comment on column tusk.worker.kinds is 'Kinds it offers.';

-- History: partitioned by day, dropped, never deleted.

create table tusk.outcome (
    shard smallint not null default 0,
    attempt smallint not null,
    state tusk.job_state not null,
    id bigint not null,
    lease bigint not null,
    started_at timestamptz,
    finished_at timestamptz not null,
    worker_id uuid,
    reason text,
    error text,
    result json,
    constraint outcome_state_final check (state in ('completed', 'cancelled', 'discarded'))
) partition by range (finished_at);

create index outcome_id on tusk.outcome (id);

-- For lists of the few that failed among the many that did not. Jobs that complete do not pay for it.
create index outcome_not_completed on tusk.outcome (state, id) where state <> 'completed';

comment on table tusk.outcome is 'How jobs ended: a row for each ended job.';
comment on column tusk.outcome.shard is 'The shard of the job.';
comment on column tusk.outcome.attempt is 'Attempts used, the last one included.';
comment on column tusk.outcome.state is 'completed, cancelled or discarded.';
comment on column tusk.outcome.id is 'The job.';
comment on column tusk.outcome.lease is 'The lease under which it ended; 0: it was waiting.';
comment on column tusk.outcome.started_at is 'When its last attempt started; null: it never ran.';
comment on column tusk.outcome.finished_at is 'When its end was recorded.';
comment on column tusk.outcome.worker_id is 'Who ran it last.';
comment on column tusk.outcome.reason is 'Why it did not complete: attempts, crash, handler, operator, start_by.';
comment on column tusk.outcome.error is 'Message of its last error.';
comment on column tusk.outcome.result is 'What the handler returned.';

create table tusk.outcome_overflow partition of tusk.outcome default;

comment on table tusk.outcome_overflow is 'Outcomes of days without a partition; normally empty.';

create table tusk.attempt (
    shard smallint not null default 0,
    attempt smallint not null,
    id bigint not null,
    lease bigint not null,
    started_at timestamptz not null,
    ended_at timestamptz not null,
    worker_id uuid,
    ended text not null,
    error text,
    constraint attempt_ended_known check (ended in ('failed', 'snoozed', 'lost', 'given_back', 'discarded'))
) partition by range (ended_at);

create index attempt_id on tusk.attempt (id);

comment on table tusk.attempt is 'Attempts that did not end their job.';
comment on column tusk.attempt.shard is 'The shard of the job.';
comment on column tusk.attempt.attempt is 'Number of the attempt, from 1.';
comment on column tusk.attempt.id is 'The job.';
comment on column tusk.attempt.lease is 'The lease it ran under.';
comment on column tusk.attempt.started_at is 'When it started, or was claimed when it never got to start.';
comment on column tusk.attempt.ended_at is 'When its end was recorded.';
comment on column tusk.attempt.worker_id is 'Who ran it.';
comment on column tusk.attempt.ended
is 'failed, snoozed, lost (its worker died), given_back (drain), discarded (then retried by hand).';
comment on column tusk.attempt.error is 'Message of its error.';

create table tusk.attempt_overflow partition of tusk.attempt default;

comment on table tusk.attempt_overflow is 'Attempts of days without a partition; normally empty.';

create table tusk.job_log (
    shard smallint not null default 0,
    level smallint not null,
    id bigint not null,
    lease bigint not null,
    line integer not null,
    logged_at timestamptz not null,
    message text not null,
    constraint job_log_level_range check (level between 0 and 7),
    constraint job_log_message_length check (octet_length(message) <= 8192)
) partition by range (logged_at);

create index job_log_id on tusk.job_log (id);

comment on table tusk.job_log is 'Lines that handlers logged.';
comment on column tusk.job_log.shard is 'The shard of the job.';
comment on column tusk.job_log.level is 'Syslog severity: 3 error, 4 warning, 6 info, 7 debug.';
comment on column tusk.job_log.id is 'The job.';
comment on column tusk.job_log.lease is 'The lease under which the line was written.';
comment on column tusk.job_log.line is 'Number of the line within the lease, from 1.';
comment on column tusk.job_log.logged_at is 'When the line was stored.';
comment on column tusk.job_log.message is 'The line.';

create table tusk.job_log_overflow partition of tusk.job_log default;

comment on table tusk.job_log_overflow is 'Lines of days without a partition; normally empty.';

create table tusk.progress (
    shard smallint not null default 0,
    id bigint not null,
    lease bigint not null,
    fraction double precision not null,
    updated_at timestamptz not null,
    message text,
    constraint progress_pkey primary key (shard, id),
    constraint progress_fraction_range check (fraction between 0 and 1),
    constraint progress_message_length check (octet_length(message) <= 1024)
) with (fillfactor = 50);

comment on table tusk.progress is 'How far running jobs are, for those that say so.';
comment on column tusk.progress.shard is 'The shard of the job.';
comment on column tusk.progress.id is 'The job.';
comment on column tusk.progress.lease is 'The lease under which it was reported.';
comment on column tusk.progress.fraction is '0 to 1.';
comment on column tusk.progress.updated_at is 'When it was reported.';
comment on column tusk.progress.message is 'In words.';

create table tusk.cancel_request (
    shard smallint not null default 0,
    id bigint not null,
    requested_at timestamptz not null,
    requested_by text not null,
    reason text,
    constraint cancel_request_pkey primary key (shard, id)
);

comment on table tusk.cancel_request is 'Who told a running job to stop. What binds is cancels in the lease row.';
comment on column tusk.cancel_request.shard is 'The shard of the job.';
comment on column tusk.cancel_request.id is 'The job.';
comment on column tusk.cancel_request.requested_at is 'When.';
comment on column tusk.cancel_request.requested_by is 'Who.';
comment on column tusk.cancel_request.reason is 'Why.';

create table tusk.idempotency (
    shard smallint not null default 0,
    key_hash bytea not null,
    fingerprint bytea not null,
    created_at timestamptz not null,
    ids bigint [] not null,
    born tusk.job_state [] not null,
    run_at timestamptz [] not null,
    existed_since timestamptz [],
    constraint idempotency_pkey primary key (shard, key_hash),
    constraint idempotency_hash_length check (octet_length(key_hash) = 32),
    constraint idempotency_fingerprint_length check (octet_length(fingerprint) = 32)
);

create index idempotency_created_at on tusk.idempotency (created_at);

comment on table tusk.idempotency is 'Requests that carried an Idempotency-Key, for 24 hours.';
comment on column tusk.idempotency.shard is 'The shard of its jobs.';
comment on column tusk.idempotency.key_hash is 'SHA-256 of who asked and the key.';
comment on column tusk.idempotency.fingerprint is 'SHA-256 of what was asked.';
comment on column tusk.idempotency.created_at is 'When it was first accepted.';
comment on column tusk.idempotency.ids is 'The jobs it made.';
comment on column tusk.idempotency.born is 'The state each had in the first answer.';
comment on column tusk.idempotency.run_at is 'The run_at each had in the first answer.';
comment on column tusk.idempotency.existed_since
is 'When each was enqueued that was there before and held the unique key of the one asked for; null: none was.';
