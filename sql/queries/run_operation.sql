-- Does the next batch of the operation that is due; see tusk.run_operation.
-- $1 int: most jobs retried   $2 int: most discarded jobs looked at
-- Locks: the row of the operation, skipping one that others hold, and the rows that hold the jobs.
-- Indexes: operation_under_way, outcome_discarded, job_pkey.
select batch.id, batch.state, batch.retried, batch.queues, batch.wait_ms
from tusk.run_operation($1, $2) as batch
