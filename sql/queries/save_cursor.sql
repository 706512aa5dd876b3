-- Saves how far a job has come; raises TK001 when the lease is stale, TK002 when the job was told to stop.
-- $1 bigint: job   $2 bigint: lease   $3 json: value
-- Locks: the lease's row, shared. Index: job_cursor_pkey.
select tusk.save_cursor($1, $2, $3)
