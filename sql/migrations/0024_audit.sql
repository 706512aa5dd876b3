-- Who changed what, when and why: one row for each change that an operator asked for; and keys that take the place of
-- others.
-- Why: "who paused this queue last month" has an answer also when it was resumed since.
-- Locks: new objects, and tusk.api_key for a moment. Cost on 10 million rows: none.
--
-- The row is written in the transaction of the change: neither is there without the other. Enqueues and claims are no
-- such changes. Nobody but the owner can change a row; the scheduler deletes those that are old.

insert into tusk.setting (name, value)
values ('audit_retention', '90 days');

create table tusk.audit (
    id bigint generated always as identity,
    recorded_at timestamptz not null default clock_timestamp(),
    actor_id text collate "C" not null,
    actor text collate "C" not null,
    origin text,
    action text collate "C" not null,
    target_kind text collate "C" not null,
    target text collate "C" not null,
    reason text,
    state_before jsonb,
    state_after jsonb,
    constraint audit_pkey primary key (id)
);

create index audit_recorded_at on tusk.audit (recorded_at);

comment on sequence tusk.audit_id_seq is 'Numbers the changes.';

comment on table tusk.audit is 'What operators changed. Rows are only added; kept for the setting audit_retention.';
comment on column tusk.audit.id is 'Its number; of two changes of one target the later has the greater.';
comment on column tusk.audit.recorded_at is 'When, by the clock of the database.';
comment on column tusk.audit.actor_id
is 'The API key by whose right it was done; cli, swift or anonymous where there was none.';
comment on column tusk.audit.actor is 'The name of the key, or of the user of the command line.';
comment on column tusk.audit.origin is 'The address the request came from, or the host of the command line.';
comment on column tusk.audit.action is 'What was done, such as queue.pause.';
comment on column tusk.audit.target_kind
is 'What sort of thing was changed: queue, limit, schedule, order, job, operation, key.';
comment on column tusk.audit.target is 'Its name, key or id.';
comment on column tusk.audit.reason is 'Why, in the words of whoever did it.';
comment on column tusk.audit.state_before is 'What it was before; null: it was not there.';
comment on column tusk.audit.state_after is 'What it was afterwards; null: it is not there any more.';

-- A key that was rotated works on until it expires.
alter table tusk.api_key add column replaced_by text collate "C";
alter table tusk.api_key add constraint api_key_replaced_ends check (replaced_by is null or expires_at is not null);

comment on column tusk.api_key.replaced_by is 'The key that takes its place; null: none does.';

create function tusk.audit_state(kind text, name text) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
    state jsonb;
begin
    if kind = 'queue' then
        select jsonb_strip_nulls(to_jsonb(present)) into state
        from tusk.queue as present
        where present.name = audit_state.name;
    elsif kind = 'limit' then
        select jsonb_strip_nulls(to_jsonb(present)) into state
        from tusk.key_limit as present
        where present.key = name;
    elsif kind = 'schedule' then
        -- A null in the args of the job stays.
        select jsonb_strip_nulls(to_jsonb(schedule) - 'job') || jsonb_build_object('job', schedule.job) into state
        from tusk.schedule as schedule
        where schedule.name = audit_state.name;
    elsif kind = 'database' then
        select jsonb_build_object('restored_at', identity.restored_at) into state
        from tusk.identity as identity;
    elsif kind = 'order' then
        select jsonb_build_object('key', head.key, 'id', head.id) into state
        from tusk.order_head as head
        where head.shard = 0 and head.key = name;
    elsif kind = 'operation' then
        select jsonb_strip_nulls(to_jsonb(operation) - 'canary_ids') into state
        from tusk.operation as operation
        where operation.id = name::bigint;
    elsif kind = 'job' then
        -- Of the args, which may be confidential, only whether they were changed.
        select
            jsonb_strip_nulls(jsonb_build_object(
                'state', jobs.state, 'queue', jobs.queue, 'priority', jobs.priority, 'run_at', jobs.run_at,
                'max_attempts', jobs.max_attempts, 'tags', jobs.tags,
                'args_sha256', encode(sha256(convert_to(jobs.args::text, 'UTF8')), 'hex')
            ))
        into state
        from tusk.jobs as jobs
        where jobs.id = name::bigint
        limit 1;
    elsif kind = 'key' then
        select jsonb_strip_nulls(to_jsonb(present) - 'token_hash') into state
        from tusk.api_key as present
        where present.id = name;
    end if;
    return state;
end
$$;

comment on function tusk.audit_state
is 'What something is that operators change, as tusk.audit keeps it; null: it is not there. No digest of a secret.';

create function tusk.begin_audit(kind text, name text) returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
begin
    perform pg_advisory_xact_lock(hashtextextended(concat_ws(E'\n', 'tusk.audit', kind, name), 24));
    -- The scheduler and functions called in SQL do not take that lock; nothing must change between a condition on what
    -- is there and the change.
    if kind = 'schedule' then
        perform 1 from tusk.schedule as present where present.name = begin_audit.name for update;
    end if;
    -- Read after the locks are there: a volatile function sees what was committed while it waited.
    return tusk.audit_state(kind, name);
end
$$;

comment on function tusk.begin_audit
is 'What something is before an operator changes it. Until the transaction ends nobody else''s audited change begins.';

create function tusk.prune_audit(rows_most integer) returns bigint
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    pruned bigint;
begin
    -- Without locks before the delete: those would need the right to update.
    delete from tusk.audit as old
    where old.id = any (array(
        select past.id
        from tusk.audit as past
        where past.recorded_at < now() - tusk.retention('audit_retention')
        order by past.recorded_at
        limit rows_most
    ));
    get diagnostics pruned = row_count;
    return pruned;
end
$$;

comment on function tusk.prune_audit
is 'Deletes records of changes that are older than the setting audit_retention; how many.';
