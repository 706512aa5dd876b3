-- Claims waiting jobs that limits may hold back; see tusk.claim_gated. Rows without a lease come last: each names a key
-- to look at soon.
-- $1 smallint: shard   $2 uuid: worker
-- $3 text[]: queues, $4 smallint[]: priorities, $5 bigint[]: cursors: a lane each, as in claim_jobs.sql
-- $6 text[]: kinds the worker offers   $7 text[]: kinds that get a lease for each job   $8 int: most jobs
-- $9 bigint: most bytes of args, the first job always   $10 boolean: only jobs that lost a lease before
-- $11 boolean: those with fair keys, in turn, instead of those without
-- The snapshot is answered with the first row, where all that was seen could be given at once.
-- Locks: the one that all gated claims share, then the picked rows of ready, skipping rows that others hold.
select
    claimed.lease,
    claimed.id,
    claimed.rank,
    claimed.lane,
    claimed.attempt,
    claimed.max_attempts,
    claimed.timeout_ms,
    claimed.kind,
    claimed.args,
    claimed.retry,
    claimed.tags,
    claimed.metadata,
    claimed.traceparent,
    claimed.created_at,
    claimed.available_at,
    claimed.claimed_at,
    claimed.waits_for,
    claimed.start_at,
    claimed.snapshot_xmin,
    claimed.snapshot_xmax
from tusk.claim_gated($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) as claimed
