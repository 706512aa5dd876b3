-- Jobs, the newest first, one page, without what may be large, and how far it looked; a row of nulls if it found none.
-- $1 text: state or null   $2 text: queue or null   $3 text: kind or null   $4 text: tag or null
-- $5 bigint: ids below this one   $6 int: most   $7 int: most jobs to look at
-- Locks: none. Indexes: see tusk.find_jobs and tusk.show_jobs; and attempt_id for the error of what waits for a retry.
-- The ids are found first, from narrow tables, so that nothing else of a job is read that is not shown. On 2 million
-- jobs: 1 to 30 ms for 10,000 jobs to look at; joined and sorted before the limit, as it was, up to 4,200 ms.
select
    jobs.id, jobs.state::text as state, jobs.kind, jobs.queue, jobs.priority, jobs.attempt, jobs.max_attempts,
    null::json as args, jobs.tags, null::json as metadata, jobs.traceparent, jobs.created_at, jobs.run_at,
    jobs.started_at, jobs.finished_at, jobs.lease, jobs.worker_id, jobs.blocked_by, jobs.reason,
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
    null::json as result, jobs.cancel_requested_at,
    null::double precision as fraction, null::text as message, found.reached
from tusk.find_jobs($1::tusk.job_state, $2, $3, $4, $5, $6, $7) as found
left join lateral tusk.show_jobs(found.ids, $1::tusk.job_state) as jobs on true
order by jobs.id desc
