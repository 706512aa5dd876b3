-- Deletes at most $1 old rows of each small record table: idempotency keys, ticks, progress and cancel requests.
-- $1 int: most rows of each
-- Locks: the rows, skipping what others hold. Indexes: idempotency_created_at, tick_recorded_at; the others are small.
select sum(tusk.prune(kept.name, kept.moment, kept.setting, $1))::bigint as pruned
from
    (
        values
        ('idempotency', 'created_at', 'idempotency_retention'),
        ('tick', 'recorded_at', 'history_retention'),
        ('progress', 'updated_at', 'history_retention'),
        ('cancel_request', 'requested_at', 'history_retention')
    ) as kept (name, moment, setting)
