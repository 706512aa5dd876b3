-- Lines that a job's handler logged, in order.
-- $1 smallint: shard   $2 bigint: job   $3 bigint: lease and $4 int: line after which to start   $5 int: most
-- Locks: none. Index: job_log_id.
select log.lease, log.line, log.level, log.logged_at, log.message
from tusk.job_log as log
where log.shard = $1 and log.id = $2 and (log.lease, log.line) > ($3, $4)
order by log.lease, log.line
limit $5
