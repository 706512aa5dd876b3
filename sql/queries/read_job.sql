-- One job with its state.
-- $1 bigint: job
-- Locks: none. Indexes: the id index of each table, and attempt_id for the error of what waits for a retry.
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
    progress.fraction, progress.message,
    facts.timeout_ms, facts.retry,
    (
        select json_agg(
            case when coalesce(given.weight, 1) = 1 then to_json(given.key) else json_build_object(
                'key', given.key, 'weight', given.weight
            ) end
            order by given.number
        )
        from unnest(facts.limit_keys, facts.limit_weights) with ordinality as given (key, weight, number)
    ) as limits,
    facts.uniqueness, facts.order_key, facts.fair_key, facts.start_by, facts.finish_by
from tusk.jobs as jobs
inner join tusk.job as facts on facts.shard = ($1 & 1023) and facts.id = $1
left join tusk.progress as progress on progress.shard = ($1 & 1023) and progress.id = $1
where jobs.id = $1
limit 1
