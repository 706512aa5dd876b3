-- Makes the job partitions that the coming ids need. Idempotent; anybody may run it at any time.
-- No parameters.
-- Locks: when one is to be made, tusk.job and its overflow table exclusively until the end, behind lock_timeout 100 ms.
-- After a long absence of the scheduler that may take long: the jobs that wait in the overflow table move, those of one
-- partition at a time.
select tusk.make_job_partitions() as made
