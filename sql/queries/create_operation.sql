-- Creates an operation, unless $11 are under way; no row then.
-- $1 text: kind or null   $2 text: queue or null   $3 text: reason or null   $4 text: fingerprint or null
-- $5 int: most jobs a second or null   $6 smallint: how many go first or null   $7 smallint: how many percent of these
-- may fail again, or null   $8 bigint: how many jobs it is about   $9 text: who   $10 text: why or null   $11 int
-- $12 text: retry or cancel   $13 boolean: of a cancel, whether running jobs are left alone
-- A cancel is about jobs that are there now.
-- Locks: none. Indexes: operation_under_way, job_pkey.
insert into tusk.operation (
    kind, queue, reason, fingerprint, per_second, canary_count, canary_percent, matched, created_by, purpose, action,
    spares_running, id_most, state, created_at, due_at
)
select
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $12, $13,
    case when $12::text = 'cancel' then coalesce(
        (select job.id from tusk.job as job where job.shard = 0 order by job.id desc limit 1), 0
    ) end,
    case when $6::smallint is null then 'running' else 'canary' end,
    clock_timestamp(), clock_timestamp()
where (select count(*) from tusk.operation as operation where operation.ended_at is null) < $11::integer
returning id
