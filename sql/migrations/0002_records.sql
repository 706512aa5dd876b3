-- Settings and records around the jobs: queues, schedules and their ticks, leadership, keys, settings.
-- Why: cold tables, read and changed by operators and by the scheduler.
-- Locks: only new objects. Cost on 10 million rows: none, the schema is new.

create function tusk.is_setting(name text, value text) returns boolean
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    if name like '%\_retention' then
        return value::interval >= interval '1 minute' and value::interval <= interval '100 years';
    elsif name = 'crash_budget' then
        return value::integer between 1 and 1000;
    end if;
    return true;
exception
    when data_exception then
        return false;
end
$$;

comment on function tusk.is_setting
is 'Whether a value can be a setting''s: a retention from a minute to 100 years, a crash budget from 1 to 1000.';

create table tusk.setting (
    name text collate "C" not null,
    value text not null,
    updated_at timestamptz not null default now(),
    constraint setting_pkey primary key (name),
    constraint setting_value_readable check (tusk.is_setting(name, value))
);

comment on table tusk.setting is 'Settings that belong to the database, not to a process.';
comment on column tusk.setting.name is 'Name of the setting.';
comment on column tusk.setting.value is 'Its value as text.';
comment on column tusk.setting.updated_at is 'When it was last changed.';

insert into tusk.setting (name, value)
values
('crash_budget', '3'),
('history_retention', '14 days'),
('job_retention', '14 days'),
('idempotency_retention', '24 hours');

create function tusk.retention(name text) returns interval
language sql stable
set search_path = pg_catalog, pg_temp
return coalesce(
    (select setting.value::interval from tusk.setting as setting where setting.name = retention.name),
    case retention.name
        when 'idempotency_retention' then interval '24 hours'
        when 'audit_retention' then interval '90 days'
        else interval '14 days'
    end
);

comment on function tusk.retention
is 'A setting that says how long something is kept; without a row: idempotency keys 24 hours, records of changes 90
days, all else 14 days.';

create function tusk.crash_budget() returns integer
language sql stable
set search_path = pg_catalog, pg_temp
return coalesce(
    (select setting.value::integer from tusk.setting as setting where setting.name = 'crash_budget'), 3
);

comment on function tusk.crash_budget
is 'How often a job may lose its lease while it runs alone before it is discarded; 3 without a row.';

create table tusk.queue (
    name text collate "C" not null,
    paused_at timestamptz,
    paused_until timestamptz,
    paused_by text,
    pause_reason text,
    limited boolean not null default false,
    constraint queue_pkey primary key (name),
    constraint queue_name_length check (octet_length(name) between 1 and 128)
);

comment on table tusk.queue is 'Queues that have settings of their own; a queue needs no row to be used.';
comment on column tusk.queue.name is 'Name of the queue.';
comment on column tusk.queue.paused_at is 'Since when nothing is claimed from it; null: it is not paused.';
comment on column tusk.queue.paused_until is 'Until when; null: until it is resumed.';
comment on column tusk.queue.paused_by is 'Who paused it.';
comment on column tusk.queue.pause_reason is 'Why.';
comment on column tusk.queue.limited
is 'Whether a limit counts its jobs, so that only claim_gated may take them.';

create view tusk.paused_queue as
select queue.name, queue.paused_at, queue.paused_until, queue.paused_by, queue.pause_reason
from tusk.queue as queue
where queue.paused_at is not null and coalesce(queue.paused_until > clock_timestamp(), true);

comment on view tusk.paused_queue is 'Queues that nothing is claimed from now.';
comment on column tusk.paused_queue.name is 'As in tusk.queue.';
comment on column tusk.paused_queue.paused_at is 'As in tusk.queue.';
comment on column tusk.paused_queue.paused_until is 'As in tusk.queue.';
comment on column tusk.paused_queue.paused_by is 'As in tusk.queue.';
comment on column tusk.paused_queue.pause_reason is 'As in tusk.queue.';

create table tusk.identity (
    is_only boolean not null default true,
    system_identifier bigint not null,
    timeline integer not null,
    database_oid oid not null,
    table_oid oid not null,
    seen_at timestamptz not null,
    restored_at timestamptz,
    constraint identity_pkey primary key (is_only),
    constraint identity_one_row check (is_only)
);

comment on table tusk.identity
is 'Which database this is, as the last process found it. One row, or none before the first.';
comment on column tusk.identity.is_only is 'True.';
comment on column tusk.identity.system_identifier is 'That of the cluster; initdb draws it, and so does pg_upgrade.';
comment on column tusk.identity.timeline
is 'That of the WAL; another one when a backup was restored, and when a standby took over.';
comment on column tusk.identity.database_oid is 'That of the database; a copy of it has another one.';
comment on column tusk.identity.table_oid is 'That of this table; one that was restored from a dump has another one.';
comment on column tusk.identity.seen_at is 'When a process last looked, to the minute.';
comment on column tusk.identity.restored_at is 'When it was found to be restored or copied; null: it is at work.';

create table tusk.schedule (
    name text collate "C" not null,
    cron text not null,
    time_zone text not null,
    job json not null,
    jitter_ms integer not null default 0,
    overlap text not null default 'allow',
    catch_up text not null default 'one',
    catch_up_max integer,
    catch_up_window_ms bigint,
    revision bigint not null default 1,
    due_at timestamptz default '-infinity',
    next_tick_at timestamptz,
    last_tick_at timestamptz,
    last_job_id bigint,
    pending_tick_at timestamptz,
    paused_at timestamptz,
    paused_by text,
    pause_reason text,
    paused_until timestamptz,
    fault text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint schedule_pkey primary key (name),
    constraint schedule_name_length check (octet_length(name) between 1 and 128),
    constraint schedule_cron_length check (octet_length(cron) between 1 and 768),
    constraint schedule_jitter_range check (jitter_ms between 0 and 86400000),
    constraint schedule_overlap_known check (overlap in ('allow', 'skip', 'queue_one', 'cancel_previous')),
    constraint schedule_catch_up_known check (catch_up in ('skip', 'one', 'all')),
    constraint schedule_catch_up_max_range check (catch_up_max between 1 and 1000),
    constraint schedule_catch_up_max_of_all check ((catch_up = 'all') = (catch_up_max is not null)),
    constraint schedule_window_range check (catch_up_window_ms between 1000 and 31622400000),
    constraint schedule_window_not_of_skip check (catch_up <> 'skip' or catch_up_window_ms is null)
);

comment on table tusk.schedule is 'Rules that enqueue a job at planned times.';
comment on column tusk.schedule.name is 'Name of the schedule.';
comment on column tusk.schedule.cron
is 'Minute, hour, day of month, month, day of week; or six fields, second first; or @daily and the like.';
comment on column tusk.schedule.time_zone is 'IANA name of the zone the fields are read in.';
comment on column tusk.schedule.job is 'The job to enqueue, as in POST /v1/jobs.';
comment on column tusk.schedule.jitter_ms is 'A tick fires up to so many milliseconds after its planned time.';
comment on column tusk.schedule.overlap
is 'What a tick does while the last job lives: allow, skip, queue_one, cancel_previous.';
comment on column tusk.schedule.catch_up is 'Which late ticks still fire: skip (none), one (the last), all.';
comment on column tusk.schedule.catch_up_max is 'For all: the most ticks that still fire, the latest of them.';
comment on column tusk.schedule.catch_up_window_ms is 'How late a tick may still fire; null: however late.';
comment on column tusk.schedule.revision is 'Grows with each change by a person or program.';
comment on column tusk.schedule.due_at is 'When the scheduler looks at it; null: not before it is changed.';
comment on column tusk.schedule.next_tick_at
is 'The first planned time without an outcome; null: the scheduler has not seen the rule yet.';
comment on column tusk.schedule.last_tick_at is 'The last planned time that has an outcome.';
comment on column tusk.schedule.last_job_id is 'The job of its last tick that fired, or of the last run by hand.';
comment on column tusk.schedule.pending_tick_at is 'The tick that waits until that job has ended; null: none.';
comment on column tusk.schedule.paused_at is 'Since when no tick fires; null: it is not paused.';
comment on column tusk.schedule.paused_by is 'Who paused it.';
comment on column tusk.schedule.pause_reason is 'Why.';
comment on column tusk.schedule.paused_until is 'When it was last resumed: ticks up to then count as paused.';
comment on column tusk.schedule.fault is 'Why it cannot fire, if so.';
comment on column tusk.schedule.created_at is 'When it was created.';
comment on column tusk.schedule.updated_at is 'When its rule or job was last changed.';

create table tusk.tick (
    schedule text collate "C" not null,
    planned_at timestamptz not null,
    is_manual boolean not null default false,
    planned_until timestamptz not null,
    ticks bigint default 1,
    recorded_at timestamptz not null,
    outcome text not null,
    job_id bigint,
    queued_at timestamptz,
    requested_by text,
    constraint tick_pkey primary key (schedule, planned_at, is_manual),
    constraint tick_outcome_known check (outcome in ('fired', 'missed', 'skipped_overlap', 'queued', 'paused')),
    constraint tick_run_forward check (planned_until >= planned_at),
    constraint tick_count_positive check (ticks > 0)
);

create index tick_recorded_at on tusk.tick (recorded_at);

comment on table tusk.tick
is 'What became of each planned time: one row each, or one for a run of them that shared a fate, whoever leads.';
comment on column tusk.tick.schedule is 'The schedule.';
comment on column tusk.tick.planned_at
is 'The planned time, or the first of the run; for a run by hand, when it was asked for.';
comment on column tusk.tick.is_manual is 'Whether somebody asked for it; it is no planned time then.';
comment on column tusk.tick.planned_until is 'The last planned time of the run.';
comment on column tusk.tick.ticks is 'How many planned times the row stands for; null: too many to be counted.';
comment on column tusk.tick.recorded_at is 'When the outcome was recorded.';
comment on column tusk.tick.outcome
is 'fired; missed: too late; skipped_overlap: the last job lived; queued: waits for its end; paused.';
comment on column tusk.tick.job_id is 'The job.';
comment on column tusk.tick.queued_at is 'When it began to wait for the job before it.';
comment on column tusk.tick.requested_by is 'Who asked for a run by hand.';

create table tusk.leader (
    name text collate "C" not null,
    holder uuid not null,
    term bigint not null,
    acquired_at timestamptz not null,
    expires_at timestamptz not null,
    constraint leader_pkey primary key (name)
);

comment on table tusk.leader is 'Who does the periodic work now. It saves work; correctness never depends on it.';
comment on column tusk.leader.name is 'What is led: scheduler.';
comment on column tusk.leader.holder is 'Random id of the process that leads.';
comment on column tusk.leader.term is 'Grows with each change of leader.';
comment on column tusk.leader.acquired_at is 'Since when.';
comment on column tusk.leader.expires_at is 'Until when, unless renewed.';

create table tusk.scheduler (
    id uuid not null,
    pid integer not null,
    started_at timestamptz not null,
    heartbeat_at timestamptz not null,
    host text not null,
    version text not null,
    constraint scheduler_pkey primary key (id)
) with (fillfactor = 50);

comment on table tusk.scheduler is 'Live scheduler processes.';
comment on column tusk.scheduler.id is 'Random, drawn at each start.';
comment on column tusk.scheduler.pid is 'Process id on its host; a label.';
comment on column tusk.scheduler.started_at is 'When it started.';
comment on column tusk.scheduler.heartbeat_at is 'When it was last heard of.';
comment on column tusk.scheduler.host is 'Name of its host; a label.';
comment on column tusk.scheduler.version is 'Version of its program.';

create table tusk.api_key (
    id text collate "C" not null,
    name text not null,
    scopes text [] not null,
    token_hash bytea not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz,
    rate_max integer,
    rate_burst integer,
    rate_period_ms bigint,
    constraint api_key_pkey primary key (id),
    constraint api_key_rate_is_whole check (num_nonnulls(rate_max, rate_burst, rate_period_ms) in (0, 3)),
    constraint api_key_rate_range check (
        rate_max > 0 and rate_burst between 1 and 100000 and rate_period_ms between 1 and 2678400000
        and rate_period_ms * 10 >= rate_max
    ),
    constraint api_key_hash_length check (octet_length(token_hash) = 32),
    constraint api_key_scopes_known check (scopes <@ array['enqueue', 'work', 'read', 'operate', 'admin'])
);

comment on table tusk.api_key is 'Who may call the HTTP API. The token itself is shown once and never stored.';
comment on column tusk.api_key.id is 'Public part of the token.';
comment on column tusk.api_key.name is 'For people.';
comment on column tusk.api_key.scopes is 'What it allows: enqueue, work, read, operate, admin.';
comment on column tusk.api_key.token_hash is 'SHA-256 of the whole token.';
comment on column tusk.api_key.created_at is 'When it was made.';
comment on column tusk.api_key.expires_at is 'When it stops working; null: never.';
comment on column tusk.api_key.revoked_at is 'When it was revoked; null: it works.';
comment on column tusk.api_key.last_used_at is 'Last use, to within a minute.';
comment on column tusk.api_key.rate_max
is 'How many requests each process of the API takes in rate_period_ms; null: any number.';
comment on column tusk.api_key.rate_burst is 'How many it takes at once after a time without any.';
comment on column tusk.api_key.rate_period_ms is 'The time that rate_max is for, up to 31 days.';

create function tusk.schedule_clock() returns timestamptz
language sql stable
set search_path = pg_catalog, pg_temp
return now();

comment on function tusk.schedule_clock
is 'The clock that ticks are compared with: the database''s. A function of its own so that tests can move it.';
