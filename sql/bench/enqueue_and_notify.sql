-- What `enqueue_jobs.sql` does for one job, and the signal, in one transaction: the least that a queue with signals can
-- do. Only for comparison: sent with each commit, signals make all commits wait for each other.
-- $1 text: kind   $2 json: args
-- Locks: the new rows, and the database's one queue of signals until the commit.
with input as materialized (
    select nextval('tusk.rank') as rank
),
facts as (
    insert into tusk.job (shard, priority, max_attempts, id, args_bytes, created_at, kind, queue, args)
    select 0, 5, 20, input.rank << 10, octet_length($2::text), now(), $1, 'default', $2
    from input
),
runnable as (
    insert into tusk.ready (shard, priority, args_bytes, rank, id, available_at, queue, kind)
    select 0, 5, octet_length($2::text), input.rank, input.rank << 10, now(), 'default', $1
    from input
)
select pg_notify('tusk_bench', '') as sent
from input
