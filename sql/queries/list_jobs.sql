-- Jobs, the newest first, one page.
-- $1 text: state or null   $2 text: queue or null   $3 text: kind or null   $4 text: tag or null
-- $5 bigint: ids below this one   $6 int: most
-- Locks: none. Indexes: the id index of each table, and attempt_id for the error of what waits for a retry. Bounded by
-- the statement timeout of its session.
select
    jobs.id, jobs.state::text as state, jobs.kind, jobs.queue, jobs.priority, jobs.attempt, jobs.max_attempts,
    jobs.args, jobs.tags, jobs.metadata, jobs.traceparent, jobs.created_at, jobs.run_at, jobs.started_at,
    jobs.finished_at,
    jobs.lease, jobs.worker_id, jobs.blocked_by, jobs.reason,
    case jobs.state
        when 'retryable' then (
            select attempt.error
            from tusk.attempt as attempt
            where attempt.id = jobs.id
            order by attempt.lease desc
            limit 1
        )
        else jobs.error
    end as error,
    jobs.result, jobs.cancel_requested_at,
    null::double precision as fraction, null::text as message
from tusk.jobs as jobs
where
    ($1::text is null or jobs.state = $1::tusk.job_state)
    and ($2::text is null or jobs.queue = $2)
    and ($3::text is null or jobs.kind = $3)
    and ($4::text is null or jobs.tags @> array[$4])
    and jobs.id < $5
order by jobs.id desc
limit $6
