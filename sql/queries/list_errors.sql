-- Discarded jobs in groups by kind, reason and message, the largest first; see tusk.error_message.
-- $1 text: kind or null   $2 text: queue or null   $3 text: reason or null   $4 text: fingerprint or null
-- $5 int: the most discarded jobs looked at, the newest   $6 int: the most groups
-- Locks: none. Indexes: outcome_discarded, job_pkey. Bounded by $5, because the limit of the look-up of a job keeps the
-- planner from reading all jobs for it. A row without a kind says how many were looked at.
with newest as materialized (
    select outcome.id, outcome.finished_at, coalesce(outcome.reason, '') as reason, outcome.error
    from tusk.outcome as outcome
    where outcome.state = 'discarded'
    order by outcome.finished_at desc, outcome.id desc
    limit $5
),
failure as (
    select job.kind, newest.reason, tusk.error_message(newest.error) as message, newest.finished_at, newest.id
    from newest
    cross join lateral (
        select facts.kind, facts.queue
        from tusk.job as facts
        where facts.shard = (newest.id & 1023)::smallint and facts.id = newest.id
        limit 1
    ) as job
    where
        ($1::text is null or job.kind = $1)
        and ($2::text is null or job.queue = $2)
        and ($3::text is null or newest.reason = $3)
),
cause as (
    select
        failure.kind, failure.reason, failure.message,
        tusk.error_fingerprint(failure.kind, failure.reason, failure.message) as fingerprint,
        count(*) as count,
        min(failure.finished_at) as first_at,
        max(failure.finished_at) as last_at,
        (array_agg(failure.id order by failure.finished_at desc, failure.id desc))[1] as newest_job
    from failure
    group by failure.kind, failure.reason, failure.message
),
largest as (
    select
        cause.fingerprint, cause.kind, cause.reason, cause.message, cause.count, cause.first_at, cause.last_at,
        cause.newest_job
    from cause
    where $4::text is null or cause.fingerprint = $4
    order by cause.count desc, cause.last_at desc, cause.fingerprint
    limit $6
)
select
    largest.fingerprint, largest.kind, largest.reason, largest.message, largest.count, largest.first_at,
    largest.last_at, largest.newest_job
from largest
union all
select null, null, null, null, count(*), null, null, null
from newest
