-- How many discarded jobs are like this, among the newest.
-- $1 text: kind or null   $2 text: queue or null   $3 text: reason or null   $4 text: fingerprint or null
-- $5 int: the most discarded jobs looked at, the newest
-- Locks: none. Indexes: outcome_discarded, job_pkey. Bounded by $5.
with newest as materialized (
    select outcome.id, coalesce(outcome.reason, '') as reason, outcome.error
    from tusk.outcome as outcome
    where outcome.state = 'discarded'
    order by outcome.finished_at desc, outcome.id desc
    limit $5
)
select
    (select count(*) from newest) as examined,
    (
        select count(*)
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
            and (
                $4::text is null
                or tusk.error_fingerprint(job.kind, newest.reason, tusk.error_message(newest.error)) = $4
            )
    ) as matched
