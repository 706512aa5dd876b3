-- Creates an operation, unless $11 are under way; no row then.
-- $1 text: kind or null   $2 text: queue or null   $3 text: reason or null   $4 text: fingerprint or null
-- $5 int: most jobs a second or null   $6 smallint: how many go first or null   $7 smallint: how many percent of these
-- may fail again, or null   $8 bigint: how many jobs it is about   $9 text: who   $10 text: why or null   $11 int
-- Locks: none. Index: operation_under_way.
insert into tusk.operation (
    kind, queue, reason, fingerprint, per_second, canary_count, canary_percent, matched, created_by, purpose, action,
    state, created_at, due_at
)
select
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'retry', case when $6::smallint is null then 'running' else 'canary' end,
    clock_timestamp(), clock_timestamp()
where (select count(*) from tusk.operation as operation where operation.ended_at is null) < $11::integer
returning id
