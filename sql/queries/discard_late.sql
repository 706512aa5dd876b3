-- Discards jobs that should have started by now; see tusk.discard_late.
-- $1 smallint: shard   $2 int: most jobs
-- Locks: the rows of the deadlines, skipping what others hold, and those of the jobs. Indexes: start_deadline_pkey, and
-- those by which jobs are cancelled.
select
    late.discarded,
    late.next_ms
from tusk.discard_late($1, $2) as late
