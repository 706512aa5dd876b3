-- Something of everything that the dashboard shows: jobs in each state, queues, workers, schedules, limits.
create function pg_temp.take(job bigint) returns void
language sql
begin atomic
    delete from tusk.ready where id = job;
    delete from tusk.scheduled where id = job;
end;

-- Ends a job `ago`, after it ran for `took`.
create function pg_temp.finish(
    job bigint, state tusk.job_state, ago interval, took interval, reason text, error text, result json
) returns void
language sql
begin atomic
    select pg_temp.take(job);
    insert into tusk.outcome
        (attempt, state, id, lease, started_at, finished_at, worker_id, reason, error, result)
    values (
        1, state, job, 7, now() - ago - took, now() - ago, '6f1c2a52-0000-4000-8000-000000000001', reason, error,
        result
    );
end;

insert into tusk.worker
    (id, pid, slots, lease_ms, started_at, heartbeat_at, state, host, version, queues, kinds)
values
(
    '6f1c2a52-0000-4000-8000-000000000001', 4711, 16, 86400000, now() - interval '3 days', now(), 'live',
    'worker-1.fra', '0.1.0', array['default', 'mail'], array['send_email', 'report', 'resize_image', 'tusk.echo']
),
(
    '6f1c2a52-0000-4000-8000-000000000002', 812, 8, 86400000, now() - interval '26 minutes', now(), 'draining',
    'worker-2.fra', '0.1.0', array['default'], array['send_email', 'report']
);

-- Waiting.
select tusk.enqueue('send_email', '{"to": "ada@example.org", "template": "welcome"}', queue => 'mail')
from generate_series(1, 41);
select tusk.enqueue('resize_image', '{"id": 12345678901234567890123, "sizes": [320, 640]}', tags => array['media'])
from generate_series(1, 7);
select tusk.enqueue('legacy_sync', queue => 'legacy') from generate_series(1, 3);
update tusk.ready set available_at = now() - interval '9 minutes' where queue = 'legacy';
select tusk.enqueue('report', '{"month": "2026-10"}', delay => interval '3 hours') from generate_series(1, 4);
insert into tusk.queue (name, paused_at, paused_by, pause_reason)
values ('mail', now() - interval '12 minutes', 'anna', 'smtp is down')
on conflict (name) do update
    set paused_at = excluded.paused_at, paused_by = excluded.paused_by, pause_reason = excluded.pause_reason;
insert into tusk.key_limit (key, running_max, updated_by)
values ('queue:default', 12, 'anna'), ('tenant:*', 3, 'deploy'), ('tenant:7', 5, 'anna');

-- Running, with progress and a log.
with made as (
    select tusk.enqueue('report', '{"month": "2026-11", "rows": 1250000}', tags => array['nightly', 'tenant:7']) as id
    from generate_series(1, 3)
),
leased as (
    insert into tusk.lease (worker_id, claimed_at, ids)
    select '6f1c2a52-0000-4000-8000-000000000001', now() - interval '95 seconds', array_agg(made.id) from made
    returning number, ids
),
told as (
    insert into tusk.progress (id, lease, fraction, updated_at, message)
    select unnest(leased.ids), leased.number, 0.62, now(), '775,000 of 1,250,000 rows' from leased
)
insert into tusk.job_log (level, id, lease, line, logged_at, message)
select
    case line when 3 then 4 else 6 end, held.id, leased.number, line,
    now() - interval '90 seconds' + line * interval '7 s',
    (array['opened the cursor', 'wrote the header', 'slow page: 2.1 s', 'page 31', 'page 62'])[line]
from leased
cross join lateral unnest(leased.ids) as held (id)
cross join generate_series(1, 5) as line;
delete from tusk.ready using tusk.lease as lease where ready.id = any (lease.ids);

-- Ended.
select pg_temp.finish(
    tusk.enqueue('send_email', '{"to": "bob@example.org"}', tags => array['welcome']), 'completed',
    number * interval '40 seconds', interval '180 ms', null, null, '{"message_id": "b7f2", "accepted": true}'
)
from generate_series(1, 30) as number;
select pg_temp.finish(
    tusk.enqueue('report', '{"month": "2026-09"}'), 'cancelled', interval '2 hours',
    interval '4 s', 'operator', null, null
);
select pg_temp.finish(
    tusk.enqueue('charge_card', json_build_object('order', number, 'amount', '19.90'), queue => 'billing'), 'discarded',
    number * interval '3 minutes', interval '2.4 s', 'attempts',
    format('gateway answered 502 for order %s', 8000 + number) || E'\n  at Gateway.charge (gateway.swift:88)', null
)
from generate_series(1, 14) as number;
select pg_temp.finish(
    tusk.enqueue('resize_image', '{"id": 99}'), 'discarded', interval '26 minutes', interval '70 ms', 'handler',
    'not an image: unexpected end of file', null
);

-- Waiting for another attempt, with those before.
with made as (
    select tusk.enqueue('send_email', '{"to": "eve@example.org"}', delay => interval '4 minutes') as id
    from generate_series(1, 5)
)
insert into tusk.attempt (attempt, id, lease, started_at, ended_at, worker_id, ended, error)
select
    number, made.id, 10 + number, now() - (4 - number) * interval '90 s',
    now() - (4 - number) * interval '90 s' + interval '1.3 s', '6f1c2a52-0000-4000-8000-000000000001', 'failed',
    'connect to 10.0.0.7:25: connection refused'
from made
cross join generate_series(1, 3) as number;
update tusk.scheduled set attempt = 3, last_lease = 13 where id in (select id from tusk.attempt);

-- By the clock.
insert into tusk.schedule (name, cron, time_zone, job, next_tick_at, last_tick_at, due_at)
values
(
    'nightly-report', '30 2 * * MON-FRI', 'Europe/Rome', '{"kind": "report", "args": {"scope": "all"}}',
    now() + interval '5 hours', now() - interval '19 hours', now() + interval '5 hours'
),
(
    'heartbeat', '@every 90s', 'UTC', '{"kind": "tusk.echo"}', now() + interval '41 s', now() - interval '49 s',
    now() + interval '41 s'
);
update tusk.schedule set paused_at = now() - interval '1 day', paused_by = 'anna', pause_reason = 'stocktaking'
where name = 'heartbeat';
insert into tusk.tick (schedule, planned_at, planned_until, ticks, recorded_at, outcome)
select
    'nightly-report', now() - number * interval '24 hours', now() - number * interval '24 hours', 1,
    now() - number * interval '24 hours', (array['fired', 'fired', 'skipped_overlap', 'missed'])[number % 4 + 1]
from generate_series(1, 12) as number;

-- In a line, behind one that was discarded. It is the only line, and its jobs are in a queue of their own.
select pg_temp.finish(
    tusk.enqueue('post_entry', '{"entry": 1}', queue => 'ledger', ordering => '"account:42"'), 'discarded',
    interval '11 minutes', interval '40 ms', 'attempts', 'the books are closed', null
);
select tusk.enqueue('post_entry', json_build_object('entry', number), queue => 'ledger', ordering => '"account:42"')
from generate_series(2, 4) as number;

-- An hour with a slow middle, for the charts; a gap where nothing ran.
insert into tusk.minute (minute, queue, completed, failed, discarded, available, oldest_wait_ms, waits, runs)
select
    date_trunc('minute', now()) - back.number * interval '1 minute', 'mail',
    300 + (120 * sin(back.number / 6.0))::bigint, back.number % 7, (back.number % 11 = 0)::integer,
    back.number * back.number / 4, back.number * 200,
    array[200, 40, 20, 10, 8, 5, back.number, back.number / 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]::bigint [],
    array[0, 0, 0, 20, 60, 100, 80, 20 + back.number, 10, 5, back.number / 10, 0, 0, 0, 0, 0, 0, 0, 0]::bigint []
from generate_series(0, 59) as back (number)
where back.number not between 20 and 23
on conflict on constraint minute_pkey do nothing;

-- Replays: one that goes on, one that stopped because its first jobs failed again.
insert into tusk.operation (
    kind, reason, matched, examined, done, refused, created_by, purpose, per_second, canary_count, canary_percent,
    canary_failed, action, state, created_at, due_at, ended_at
)
values
(
    'send_email', 'attempts', 1204, 400, 388, 2, 'anna', 'the mail server is back', 50, null, null, 0, 'retry',
    'running', now() - interval '8 seconds', now() + interval '1 day', null
),
(
    'charge_card', null, 31, 20, 20, 0, 'deploy', null, null, 20, 10, 3, 'retry', 'stopped',
    now() - interval '2 hours', now() - interval '2 hours', now() - interval '119 minutes'
);

-- Who changed what.
insert into tusk.audit (
    recorded_at, actor_id, actor, origin, action, target_kind, target, reason, state_before, state_after
)
values
(
    now() - interval '3 hours', 'k2', 'deploy', '10.0.3.17', 'limit.set', 'limit', 'tenant:7', null,
    '{"running_max": 3}', '{"running_max": 5}'
),
(
    now() - interval '26 minutes', 'cli', 'cli:anna', 'ops-1.fra', 'queue.pause', 'queue', 'mail',
    'the mail server is down', null, '{"name": "mail", "paused_by": "anna", "pause_reason": "the mail server is down"}'
),
(
    now() - interval '12 minutes', 'k1', 'anna', '10.0.3.4', 'job.edit', 'job', '1024', 'the supplier comes later',
    '{"state": "available", "queue": "default", "priority": 5}',
    '{"state": "scheduled", "queue": "mail", "priority": 2, "run_at": "2026-11-24T09:30:00+00:00"}'
),
(
    now() - interval '40 seconds', 'k1', 'anna', '10.0.3.4', 'schedule.pause', 'schedule', 'nightly-report',
    'stocktaking', '{"name": "nightly-report"}', '{"name": "nightly-report", "paused_by": "anna"}'
);
