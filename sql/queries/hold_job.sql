-- Keeps a waiting job where it is until the transaction ends, so that a condition on it stays true.
-- $1 bigint: job
-- Locks: the row that holds the job.
select tusk.hold_waiting($1)
