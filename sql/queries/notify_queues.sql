-- Sends a signal for each queue. The commit does not wait for the disk: nothing is written but the signals.
-- $1 text[]: queues
-- Locks: the one that all commits with notifications share; hence on its own and never with a job's commit.
select
    set_config('synchronous_commit', 'off', true),
    pg_notify('tusk_ready', queue.name)
from unnest($1::text[]) as queue (name)
