-- Does the next batch of the operation that is due; see tusk.run_operation.
-- $1 int: most jobs retried or cancelled   $2 int: most jobs looked at
-- Locks: the row of the operation, skipping one that others hold, and the rows that hold the jobs.
-- Indexes: operation_under_way, outcome_discarded, job_pkey, ready_id, scheduled_id,
-- blocked_id.
select batch.id, batch.state, batch.done, batch.queues, batch.wait_ms, batch.action
from tusk.run_operation($1, $2) as batch
