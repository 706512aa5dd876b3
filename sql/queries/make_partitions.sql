-- Makes the partitions that the coming week and the coming ids need. Idempotent; anybody may run it at any time.
-- No parameters.   Locks: the parents in share update exclusive mode, for a moment, behind lock_timeout.
select tusk.make_day_partitions(7) as days, tusk.make_job_partitions() as jobs
