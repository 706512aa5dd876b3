-- Operations, the newest first.
-- $1 bigint: only this one or null   $2 bigint: only those before this one   $3 int: most
-- Locks: none. Index: operation_pkey.
select
    operation.id, operation.state, operation.action, operation.kind, operation.queue, operation.reason,
    operation.fingerprint, operation.per_second, operation.canary_count, operation.canary_percent,
    operation.canary_failed, operation.matched, operation.examined, operation.done, operation.refused,
    operation.fault, operation.created_at, operation.created_by, operation.purpose, operation.ended_at,
    operation.cancelled_at, operation.cancelled_by, operation.cancel_reason,
    operation.spares_running
from tusk.operation as operation
where ($1::bigint is null or operation.id = $1) and operation.id < $2
order by operation.id desc
limit $3
