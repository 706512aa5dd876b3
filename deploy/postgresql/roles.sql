-- Roles of least privilege for Tusk's processes. Run it in Tusk's database as a superuser, or as a role with CREATEROLE
-- that is a member of tusk_owner, after `tusk migrate up` and again after each later one: it grants what is missing,
-- and can be repeated at any time.
--
--   create role tusk_owner login;            -- owns the schema; `tusk migrate up` connects as it, nothing else does
--   grant create on database tusk to tusk_owner;
--   DATABASE_URL=postgresql://tusk_owner@/tusk tusk migrate up
--   psql --dbname tusk --file roles.sql
--   \password tusk_api                       -- and the others; on one machine peer authentication needs none
--
--   tusk_api        `tusk api`, and the commands for people: tusk job, queue, schedule, limit, key
--   tusk_worker     `tusk worker`: claims and settles; may not enqueue, nor change queues, limits, schedules or keys
--   tusk_scheduler  `tusk scheduler`: moves and removes jobs; makes and drops partitions by functions of the owner's
--   tusk_reader     dashboards and KEDA: reads everything but the digests of secrets
--
-- A worker whose handlers enqueue, or that runs sql.call and data tasks, needs grants for those too; `grant tusk_api to
-- tusk_worker` is the short way for the first. Tested by running all three processes under these roles.
begin;

do $$
declare
    name text;
begin
    foreach name in array array['tusk_api', 'tusk_worker', 'tusk_scheduler', 'tusk_reader'] loop
        if not exists (select from pg_roles as role where role.rolname = name) then
            execute format('create role %I login', name);
        end if;
    end loop;
end
$$;

-- Nobody gets the owner's power through a function but by a grant below.
revoke all on schema tusk from public;
grant usage on schema tusk to tusk_api, tusk_worker, tusk_scheduler, tusk_reader;

-- Everybody reads, except the digests of keys and of claims' secrets.
grant select on all tables in schema tusk to tusk_api, tusk_worker, tusk_scheduler, tusk_reader;
grant select on all sequences in schema tusk to tusk_api, tusk_scheduler, tusk_reader;
revoke select on tusk.api_key from tusk_worker, tusk_scheduler, tusk_reader;
-- Who changed what is for administrators.
revoke select on tusk.audit from tusk_worker, tusk_reader;
revoke select on tusk.worker from tusk_reader;
grant select (
    id, pid, slots, lease_ms, started_at, heartbeat_at, state, host, version, queues, kinds, owner
) on tusk.worker to tusk_reader;

-- The API enqueues, claims and settles for clients, and changes all that an operator may change.
grant insert, update, delete on all tables in schema tusk to tusk_api;
revoke insert, update, delete on
    tusk.migration, tusk.setting, tusk.leader, tusk.scheduler, tusk.rank_point
from tusk_api;
-- Records of changes are only added.
revoke update, delete on tusk.audit from tusk_api;
grant usage on sequence tusk.rank, tusk.lease_number to tusk_api;

-- A worker claims, settles and says what its jobs do. Settling one job can let others go: limits, breakers, order keys,
-- fair keys; they get a new rank.
grant insert, update, delete on
    tusk.ready, tusk.scheduled, tusk.blocked, tusk.lease, tusk.worker, tusk.limit_hold, tusk.rate_bucket, tusk.breaker,
    tusk.order_head, tusk.fair_share, tusk.fair_lane
to tusk_worker;
grant insert, update on tusk.progress, tusk.job_cursor, tusk.kind_seen, tusk.minute to tusk_worker;
grant insert on tusk.outcome, tusk.attempt, tusk.job_log, tusk.job_step to tusk_worker;
grant usage on sequence tusk.rank, tusk.lease_number to tusk_worker;

-- A scheduler promotes, rescues, fires schedules (which enqueues), ages, expires and prunes, and forgets pauses that
-- have ended.
grant insert, update, delete on all tables in schema tusk to tusk_scheduler;
revoke insert, update, delete on tusk.migration, tusk.setting, tusk.queue, tusk.key_limit from tusk_scheduler;
grant update (paused_at, paused_until, paused_by, pause_reason) on tusk.queue to tusk_scheduler;
revoke all on tusk.api_key from tusk_scheduler;
revoke insert, update on tusk.audit from tusk_scheduler;
grant usage on sequence tusk.rank, tusk.lease_number to tusk_scheduler;

-- Partitions belong to the owner of their table, so making and dropping them is done with the owner's rights, by the
-- four functions that decide which; they take no names from their caller.
alter function tusk.make_day_partitions(integer) security definer;
alter function tusk.make_job_partitions() security definer;
alter function tusk.drop_day_partitions() security definer;
alter function tusk.drop_job_partitions() security definer;
revoke execute on function
    tusk.make_day_partitions(integer), tusk.make_job_partitions(), tusk.drop_day_partitions(),
    tusk.drop_job_partitions(), tusk.make_partition(text, text, text, text, text)
from public;
grant execute on function
    tusk.make_day_partitions(integer), tusk.make_job_partitions(), tusk.drop_day_partitions(),
    tusk.drop_job_partitions()
to tusk_scheduler;

-- Whoever looks first finds that a database was restored, and writes it down.
alter function tusk.check_identity() security definer;

commit;
