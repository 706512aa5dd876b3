-- Discarded jobs in groups by how they failed, and operations that retry many of them.
-- Why: after an outage there are a few causes and very many jobs: causes are shown, and what they hit is tried again.
-- Locks: a share lock on tusk.outcome while its index is made. Cost on 10 million rows: reads the history once.
--
-- A message counts by its first line. Quoted text and words with a digit or an @ in them are what differs from job to
-- job: ids, numbers, names, addresses. Each becomes a question mark, and equal causes become equal.

create index outcome_discarded on tusk.outcome (finished_at, id) where state = 'discarded';

create function tusk.error_message(error text) returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
begin atomic
    with line as (
        select left(split_part(ltrim(coalesce(error_message.error, ''), E' \t\r\n'), E'\n', 1), 300) as text
    ),
    plain as (
        select
            case when line.text like '%''%'
                then regexp_replace(line.text, '(^|[^[:alnum:]])''[^'']*(?:''|$)' collate "C", '\1?', 'g')
                else line.text
            end as text
        from line
    )
    select
        regexp_replace(
            plain.text, '"[^"]*(?:"|$)|`[^`]*(?:`|$)|[[:alnum:]_.+-]*[0-9@][[:alnum:]_.@+-]*' collate "C", '?', 'g'
        )
    from plain;
end;

comment on function tusk.error_message
is 'What errors of one cause have in common: the first 300 characters of the first line, ? for what differs by job.';

create function tusk.error_fingerprint(kind text, reason text, message text) returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
-- Neither a kind nor a message has a line end in it.
return left(md5(concat_ws(E'\n', error_fingerprint.kind, error_fingerprint.reason, error_fingerprint.message)), 16);

comment on function tusk.error_fingerprint
is 'Names a group of failures: 16 digits, the same for the same kind, reason and message as error_message gives it.';

create table tusk.operation (
    canary_percent smallint,
    canary_count smallint,
    canary_failed smallint not null default 0,
    per_second integer,
    id bigint generated always as identity,
    examined bigint not null default 0,
    matched bigint not null,
    done bigint not null default 0,
    refused bigint not null default 0,
    created_at timestamptz not null,
    due_at timestamptz not null,
    ended_at timestamptz,
    cancelled_at timestamptz,
    reached_at timestamptz not null default '-infinity',
    reached_id bigint not null default 0,
    id_most bigint,
    canary_at timestamptz,
    canary_ids bigint [] not null default '{}',
    spares_running boolean not null default false,
    state text not null,
    action text not null,
    kind text collate "C",
    queue text collate "C",
    reason text,
    fingerprint text,
    created_by text not null,
    purpose text,
    cancelled_by text,
    cancel_reason text,
    fault text,
    constraint operation_pkey primary key (id),
    constraint operation_action_known check (action in ('retry', 'cancel')),
    constraint operation_state_known check (state in ('canary', 'running', 'completed', 'stopped', 'cancelled')),
    constraint operation_narrowed check (num_nonnulls(kind, queue, reason, fingerprint) > 0),
    constraint operation_of_cancel check (
        (action = 'cancel') = (id_most is not null)
        and (action = 'retry' or num_nonnulls(reason, fingerprint, canary_count) = 0)
        and (action = 'cancel' or not spares_running)
    ),
    constraint operation_rate_range check (per_second between 1 and 10000),
    constraint operation_canary_range check (canary_count between 1 and 1000),
    constraint operation_canary_percent_range check (canary_percent between 0 and 99),
    constraint operation_canary_whole check ((canary_count is null) = (canary_percent is null)),
    constraint operation_end_told check ((ended_at is null) = (state in ('canary', 'running')))
);

comment on sequence tusk.operation_id_seq is 'Numbers operations.';

create index operation_under_way on tusk.operation (due_at) where ended_at is null;

comment on table tusk.operation
is 'What is done to many jobs in batches by the scheduler: who asked for it and why, and how far it is.';
comment on column tusk.operation.canary_percent is 'How many percent of the first may fail again.';
comment on column tusk.operation.canary_count is 'How many jobs go first; null: all go at once.';
comment on column tusk.operation.canary_failed is 'How many of these failed again, as far as it is known.';
comment on column tusk.operation.per_second is 'The most jobs in a second; null: as many as it can.';
comment on column tusk.operation.id is 'Its number.';
comment on column tusk.operation.examined is 'How many jobs it has looked at, discarded ones or all.';
comment on column tusk.operation.matched
is 'How many jobs its filter let through when it was asked for, among the newest that were looked at.';
comment on column tusk.operation.done
is 'How many jobs it has retried or cancelled; running ones are told to stop, and count then.';
comment on column tusk.operation.refused is 'How many could not be retried, such as one whose unique key is held.';
comment on column tusk.operation.created_at
is 'When it was asked for. Jobs that are discarded later, such as those that fail again, are not its own.';
comment on column tusk.operation.due_at is 'When its next batch is due.';
comment on column tusk.operation.ended_at is 'When it ended; null: it is under way.';
comment on column tusk.operation.cancelled_at is 'When somebody cancelled it.';
comment on column tusk.operation.reached_at is 'How far it has looked, by the ends of the jobs.';
comment on column tusk.operation.reached_id is 'The last job of that moment it has looked at; of a cancel: of all.';
comment on column tusk.operation.id_most is 'Of a cancel: the newest job that it is about.';
comment on column tusk.operation.spares_running is 'Of a cancel: whether jobs that run are left alone.';
comment on column tusk.operation.canary_at is 'When the first of the first jobs was retried.';
comment on column tusk.operation.canary_ids is 'The first jobs, as far as they are retried.';
comment on column tusk.operation.state
is 'canary: the first jobs are retried and watched; running; completed; stopped: too many of these failed; cancelled.';
comment on column tusk.operation.action
is 'What is done: retry, to discarded jobs, or cancel, to those that have not ended.';
comment on column tusk.operation.kind is 'Only jobs of this kind.';
comment on column tusk.operation.queue is 'Only jobs of this queue.';
comment on column tusk.operation.reason is 'Only jobs discarded for this reason.';
comment on column tusk.operation.fingerprint is 'Only jobs of this group; see tusk.error_fingerprint.';
comment on column tusk.operation.created_by is 'Who asked for it.';
comment on column tusk.operation.purpose is 'Why.';
comment on column tusk.operation.cancelled_by is 'Who cancelled it.';
comment on column tusk.operation.cancel_reason is 'Why.';
comment on column tusk.operation.fault is 'Why the last job that was refused could not be retried.';

create function tusk.judge_canary(one bigint) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
    moment constant timestamptz := clock_timestamp();
    it record;
    first integer;
    failing integer;
    ended integer;
    bearable numeric;
begin
    select operation.* into it from tusk.operation as operation where operation.id = one;
    first := cardinality(it.canary_ids);
    bearable := first * it.canary_percent / 100.0;
    -- A failed attempt counts, also when the job has more of them: nobody waits for the last.
    select
        count(*) filter (where fate.has_failed),
        count(*) filter (where fate.has_failed or fate.has_ended)
    into failing, ended
    from unnest(it.canary_ids) as canary (id)
    cross join lateral (
        select
            exists (
                select from tusk.attempt as attempt
                where
                    attempt.id = canary.id and attempt.ended_at >= it.canary_at
                    and attempt.ended in ('failed', 'lost')
            ) or exists (
                select from tusk.outcome as outcome
                where
                    outcome.id = canary.id and outcome.finished_at >= it.canary_at and outcome.state = 'discarded'
            ) as has_failed,
            exists (
                select from tusk.outcome as outcome
                where outcome.id = canary.id and outcome.finished_at >= it.canary_at
            ) as has_ended
    ) as fate;
    update tusk.operation as operation
    set
        canary_failed = failing,
        state = case
            when failing > bearable then 'stopped'
            when failing + first - ended <= bearable then 'running'
            else 'canary'
        end,
        ended_at = case when failing > bearable then moment end,
        due_at = case when failing + first - ended <= bearable then moment else moment + interval '1 s' end
    where operation.id = one;
end
$$;

comment on function tusk.judge_canary is
'Stops an operation when too many of its first jobs failed again, and lets it go on as soon as that cannot happen.';

create function tusk.retry_batch(
    one bigint, jobs_most integer, examined_most integer, out done integer, out queues text []
) returns record
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
    moment constant timestamptz := clock_timestamp();
    it record;
    failure record;
    seen integer := 0;
    kept bigint [] := '{}';
    lost integer := 0;
    trouble text;
    is_over boolean := true;
begin
    done := 0;
    queues := '{}';
    select operation.* into it from tusk.operation as operation where operation.id = one;
    for failure in
        select newest.id, newest.finished_at, job.kind, job.queue, newest.reason, newest.error
        from (
            select outcome.id, outcome.finished_at, coalesce(outcome.reason, '') as reason, outcome.error
            from tusk.outcome as outcome
            where
                outcome.state = 'discarded'
                and outcome.finished_at >= it.reached_at
                and outcome.finished_at <= it.created_at
                and (outcome.finished_at, outcome.id) > (it.reached_at, it.reached_id)
            order by outcome.finished_at, outcome.id
            limit examined_most
        ) as newest
        left join tusk.job as job on job.shard = (newest.id & 1023)::smallint and job.id = newest.id
        order by newest.finished_at, newest.id
    loop
        if done + lost >= jobs_most then
            is_over := false;
            exit;
        end if;
        seen := seen + 1;
        it.reached_at := failure.finished_at;
        it.reached_id := failure.id;
        continue when
            failure.kind is null
            or failure.kind <> coalesce(it.kind, failure.kind)
            or failure.queue <> coalesce(it.queue, failure.queue)
            or failure.reason <> coalesce(it.reason, failure.reason)
            or it.fingerprint is not null and it.fingerprint <> tusk.error_fingerprint(
                failure.kind, failure.reason, tusk.error_message(failure.error)
            );
        begin
            if tusk.retry(failure.id) in ('available', 'blocked') then
                done := done + 1;
                kept := kept || failure.id;
                if not failure.queue = any (queues) then
                    queues := queues || failure.queue;
                end if;
            end if;
        exception
            -- The whole batch is tried again.
            when deadlock_detected or serialization_failure or lock_not_available or operator_intervention then
                raise;
            -- One job that cannot be retried does not hold up the others.
            when others then
                lost := lost + 1;
                trouble := left(format('job %s: %s', failure.id, sqlerrm), 500);
        end;
    end loop;
    is_over := is_over and seen < examined_most;
    update tusk.operation as operation
    set
        examined = operation.examined + seen,
        done = operation.done + retry_batch.done,
        refused = operation.refused + lost,
        fault = coalesce(trouble, operation.fault),
        reached_at = it.reached_at,
        reached_id = it.reached_id,
        canary_at = case when it.state = 'canary' then coalesce(operation.canary_at, moment) end,
        canary_ids = case when it.state = 'canary' then operation.canary_ids || kept else '{}' end,
        state = case when is_over then 'completed' else operation.state end,
        ended_at = case when is_over then clock_timestamp() end,
        -- What it is behind by is made up for, up to a second of it.
        due_at = greatest(operation.due_at, moment - interval '1 s')
        + coalesce(done * interval '1 s' / operation.per_second, interval '0')
    where operation.id = one;
end
$$;

comment on function tusk.retry_batch is
'Retries the next jobs of an operation, the one that was discarded first first; how many, and their queues.';

create function tusk.cancel_batch(one bigint, jobs_most integer, examined_most integer) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
    moment constant timestamptz := clock_timestamp();
    it record;
    candidate record;
    seen integer := 0;
    cancelled integer := 0;
    is_over boolean := true;
begin
    select operation.* into it from tusk.operation as operation where operation.id = one;
    for candidate in
        with running as materialized (
            select held.id
            from tusk.lease as lease
            cross join lateral unnest(lease.ids) with ordinality as held (id, position)
            where
                not it.spares_running
                and (lease.done is null or get_bit(lease.done, held.position::integer - 1) = 0)
                and (lease.cancels is null or held.id <> all (lease.cancels))
        ),
        near as materialized (
            select job.shard, job.id, job.kind, job.queue
            from tusk.job as job
            where job.shard = 0 and job.id > it.reached_id and job.id <= it.id_most
            order by job.id
            limit examined_most
        )
        select
            near.id,
            near.kind = coalesce(it.kind, near.kind) and near.queue = coalesce(it.queue, near.queue) and (
                exists (select from tusk.ready as ready where ready.shard = near.shard and ready.id = near.id)
                or exists (
                    select from tusk.scheduled as waiting where waiting.shard = near.shard and waiting.id = near.id
                )
                or exists (select from tusk.blocked as held where held.shard = near.shard and held.id = near.id)
                or near.id in (select running.id from running)
            ) as is_meant
        from near
        order by near.id
    loop
        if cancelled >= jobs_most then
            is_over := false;
            exit;
        end if;
        seen := seen + 1;
        it.reached_id := candidate.id;
        continue when not candidate.is_meant;
        -- It may have ended meanwhile.
        if tusk.cancel(candidate.id, it.created_by, it.purpose) in ('cancelled', 'cancelling') then
            cancelled := cancelled + 1;
        end if;
    end loop;
    is_over := is_over and seen < examined_most;
    update tusk.operation as operation
    set
        examined = operation.examined + seen,
        done = operation.done + cancelled,
        reached_id = it.reached_id,
        state = case when is_over then 'completed' else operation.state end,
        ended_at = case when is_over then clock_timestamp() end,
        due_at = greatest(operation.due_at, moment - interval '1 s')
        + coalesce(cancelled * interval '1 s' / operation.per_second, interval '0')
    where operation.id = one;
    return cancelled;
end
$$;

comment on function tusk.cancel_batch is
'Cancels the next jobs of an operation that have not ended, the oldest first; how many.';

create function tusk.run_operation(
    jobs_most integer, examined_most integer, out id bigint, out action text, out state text, out done integer,
    out queues text [], out wait_ms bigint
) returns record
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
    it record;
    room integer;
begin
    done := 0;
    queues := '{}';
    select operation.* into it
    from tusk.operation as operation
    where operation.ended_at is null and operation.due_at <= clock_timestamp()
    order by operation.due_at
    limit 1
    for update skip locked;
    if it.id is not null then
        if it.state = 'canary' and cardinality(it.canary_ids) >= it.canary_count then
            perform tusk.judge_canary(it.id);
        else
            -- A fourth of a second's jobs at a time, so that they do not come in one heap.
            room := least(
                jobs_most,
                case when it.state = 'canary' then it.canary_count - cardinality(it.canary_ids) end,
                (it.per_second + 3) / 4
            );
            if it.action = 'cancel' then
                done := tusk.cancel_batch(it.id, coalesce(room, jobs_most), examined_most);
            else
                select batch.done, batch.queues into done, queues
                from tusk.retry_batch(it.id, room, examined_most) as batch;
            end if;
        end if;
    end if;
    select operation.state into state from tusk.operation as operation where operation.id = it.id;
    id := it.id;
    action := it.action;
    -- greatest would make 0 of null.
    select
        case when count(*) > 0 then
            greatest(0, extract(epoch from min(operation.due_at) - clock_timestamp()) * 1000)
        end::bigint
    into wait_ms
    from tusk.operation as operation
    where operation.ended_at is null;
end
$$;

comment on function tusk.run_operation is
'Does the next batch of the operation that is due; its state, the queues of what was retried, and when to come again.';
