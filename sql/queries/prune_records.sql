-- Deletes at most $1 old rows of each small record table (idempotency keys, ticks, offers of kinds, minutes and
-- operations that are over) and of each overflow table of history, which are there when nobody made the partition of
-- their day in time; and what is kept of jobs that are gone: cursors, steps, progress and cancel requests; and unique
-- keys that nobody holds any more; and buckets of rates that are full; and failures of breakers that never opened; and
-- old audit records.
-- $1 int: most rows of each
-- Locks: the rows, skipping what others hold. Indexes: idempotency_created_at, tick_recorded_at, audit_recorded_at, and
-- the primary keys of what is kept of jobs, in the order of which it goes on where it was; the others are small.
select
    (
        sum(tusk.prune(kept.name, kept.moment, kept.setting, $1))
        + tusk.prune_gone('job_cursor', $1) + tusk.prune_gone('job_step', $1)
        + tusk.prune_gone('progress', $1) + tusk.prune_gone('cancel_request', $1)
        + tusk.prune_unique_keys($1) + tusk.prune_rate_buckets($1) + tusk.prune_breakers($1) + tusk.prune_audit($1)
    )::bigint as pruned
from
    (
        values
        ('idempotency', 'created_at', 'idempotency_retention'),
        ('tick', 'recorded_at', 'history_retention'),
        ('kind_seen', 'seen_at', 'history_retention'),
        ('minute', 'minute', 'minute_retention'),
        ('operation', 'ended_at', 'history_retention'),
        ('outcome_overflow', 'finished_at', 'history_retention'),
        ('attempt_overflow', 'ended_at', 'history_retention'),
        ('job_log_overflow', 'logged_at', 'history_retention')
    ) as kept (name, moment, setting)
