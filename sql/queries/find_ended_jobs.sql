-- Which of these jobs have ended, for requests that wait for them.
-- $1 smallint: shard   $2 bigint[]: jobs   $3 boolean: only those that ended within the last 2 minutes
-- Locks: none. Index: outcome_id, of the newest days only when $3 is true: whoever waits does so for seconds, and has
-- looked once at all days.
select outcome.id
from tusk.outcome as outcome
where
    outcome.shard = $1
    and outcome.id = any ($2)
    and outcome.finished_at >= case when $3 then now() - interval '2 minutes' else '-infinity'::timestamptz end
