-- The attempts of a job that did not end it, the oldest first.
-- $1 smallint: shard   $2 bigint: job   $3 int: most
-- Locks: none. Index: attempt_id.
select
    attempt.attempt, attempt.lease, attempt.started_at, attempt.ended_at, attempt.worker_id, attempt.ended,
    attempt.error
from tusk.attempt as attempt
where attempt.shard = $1 and attempt.id = $2
order by attempt.lease
limit $3
