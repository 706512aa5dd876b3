-- What a step of a job gave back; null: it is not done.
-- $1 bigint: job   $2 text: name
-- Locks: none. Index: job_step_pkey.
select tusk.read_step($1, $2) as value
