-- Keeps the value of a step; raises TK001 when the lease is stale, TK002 when the job was told to stop.
-- $1 bigint: job   $2 bigint: lease   $3 text: name   $4 json: value
-- Locks: the lease's row, shared. Index: job_step_pkey.
select tusk.keep_step($1, $2, $3, $4)
