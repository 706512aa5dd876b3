-- Enqueues jobs that are unique, ordered or have a deadline, and jobs beside them, all or none; answers in order what
-- became of each.
-- $1 json: an array of jobs, written as in POST /v1/jobs:bulk
-- Locks: the rows of their unique keys, in one order. Other jobs go by enqueue_jobs.sql, which is faster.
select
    answer.id,
    answer.state::text as state,
    answer.due_at,
    answer.created_at,
    answer.is_duplicate,
    answer.is_replaced
from tusk.enqueue_each($1::json) as answer
