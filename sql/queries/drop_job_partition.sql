-- Drops the oldest job partition if its time is over, and keeps what lives.
-- No parameters.   Locks: the partition and its parent exclusively, behind lock_timeout 100 ms.
select tusk.drop_job_partitions() as dropped
