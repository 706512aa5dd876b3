-- What is needed to settle jobs of a claim over HTTP, in input order. No row at all: the claim is over, or somebody
-- else's. A row without a lease: no lease of the claim has that job.
-- $1 smallint: shard   $2 uuid: worker   $3 bytea: SHA-256 of the secret   $4 text: the API key   $5 bigint[]: jobs
-- Locks: none; settle_jobs.sql judges. Indexes: worker_pkey, lease_worker, job_pkey.
select
    held.number as lease,
    held.position,
    held.attempt,
    held.started_us,
    held.gated,
    job.max_attempts,
    job.retry,
    job.queue
from tusk.worker as worker
cross join unnest($5::bigint[]) with ordinality as given (id, ordinal)
left join lateral (
    select
        lease.number,
        place.position - 1 as position,
        coalesce(lease.attempts[place.position], 0::smallint) as attempt,
        (extract(epoch from now() - lease.claimed_at) * 1000000)::bigint as started_us,
        lease.gated
    from tusk.lease as lease
    cross join lateral (select array_position(lease.ids, given.id) as position) as place
    where
        lease.shard = $1 and lease.worker_id = worker.id and place.position is not null
    limit 1
) as held on true
left join lateral (
    select job.max_attempts, job.retry, job.queue
    from tusk.job as job
    where job.shard = $1 and job.id = given.id
    limit 1
) as job on held.number is not null
where worker.id = $2 and worker.token_hash = $3 and worker.owner = $4
order by given.ordinal
