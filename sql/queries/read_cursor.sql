-- How far an earlier attempt of a job has come; null: nothing was saved.
-- $1 bigint: job
-- Locks: none. Index: job_cursor_pkey.
select tusk.read_cursor($1) as value
