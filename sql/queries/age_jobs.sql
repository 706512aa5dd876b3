-- Moves jobs that have waited long up a band; see tusk.age_jobs.
-- $1 smallint: shard   $2 int: most jobs of each band
-- Locks: their rows, skipping what others hold. Index: ready_pkey.
select
    aged.moved,
    aged.queues,
    aged.any_ages
from tusk.age_jobs($1, $2) as aged
