-- Steps: named parts of a job whose values are kept, so that its next attempt does not do them again.
-- Why: a job of several effects outside the database goes on behind the last that is known to be done.
-- Locks: none on what is there. Cost on 10 million rows: none.

create table tusk.job_step (
    shard smallint not null,
    id bigint not null,
    lease bigint not null,
    kept_at timestamptz not null,
    name text collate "C" not null,
    value json not null,
    constraint job_step_pkey primary key (shard, id, name),
    constraint job_step_name check (tusk.is_name(name)),
    constraint job_step_value_length check (octet_length(value::text) <= 65536)
);

comment on table tusk.job_step
is 'Steps of jobs that are done, for their next attempts to skip. Lives as long as the job.';
comment on column tusk.job_step.shard is 'The shard of the job.';
comment on column tusk.job_step.id is 'The job.';
comment on column tusk.job_step.lease is 'The lease under which the step was done.';
comment on column tusk.job_step.kept_at is 'When it was done.';
comment on column tusk.job_step.name is 'Which step of the job.';
comment on column tusk.job_step.value is 'What the step gave back, at most 64 KiB.';

create function tusk.keep_step(job_id bigint, lease bigint, name text, value json) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    home constant smallint := keep_step.job_id & 1023;
    steps_max constant integer := 1000;
begin
    if keep_step.name is null or not tusk.is_name(keep_step.name) then
        perform tusk.refuse('#/name', 'the name of a step must be 1 to 128 of the characters A-Z a-z 0-9 _ . : -');
    elsif keep_step.value is null then
        perform tusk.refuse('#/value', 'the value of a step must be JSON');
    elsif octet_length(keep_step.value::text) > 65536 then
        perform tusk.refuse('#/value', 'the value of a step must be at most 65536 bytes');
    end if;
    perform tusk.assert_lease(keep_step.job_id, keep_step.lease);
    if (
        select count(*) from tusk.job_step as kept where kept.shard = home and kept.id = keep_step.job_id
    ) >= steps_max then
        perform tusk.refuse('#/name', format('a job must have at most %s steps', steps_max));
    end if;
    insert into tusk.job_step as kept (shard, id, lease, kept_at, name, value)
    values (home, keep_step.job_id, keep_step.lease, clock_timestamp(), keep_step.name, keep_step.value)
    on conflict (shard, id, name) do nothing;
    -- An answer that was lost on its way may be asked for again; another lease's value is never replaced.
    if not found and not exists (
        select from tusk.job_step as kept
        where
            kept.shard = home and kept.id = keep_step.job_id and kept.name = keep_step.name
            and kept.lease = keep_step.lease and kept.value::text = keep_step.value::text
    ) then
        perform tusk.refuse('#/name', format('step %s of job %s is done already', name, job_id));
    end if;
end
$$;

comment on function tusk.keep_step
is 'Keeps the value of a step of a running job, in the caller''s transaction; raises TK001 when the lease is stale.';

create function tusk.read_step(job_id bigint, name text) returns json
language sql stable
set search_path = pg_catalog, pg_temp
return (
    select kept.value
    from tusk.job_step as kept
    where kept.shard = job_id & 1023 and kept.id = job_id and kept.name = read_step.name
);

comment on function tusk.read_step is 'What a step of a job gave back; null: it is not done.';
