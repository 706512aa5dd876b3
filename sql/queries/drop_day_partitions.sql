-- Drops history partitions whose time is over.
-- No parameters.   Locks: each partition and its parent exclusively, behind lock_timeout 100 ms.
select tusk.drop_day_partitions() as dropped
