-- Why the jobs of a queue are not running; see tusk.explain_queue.
-- $1 text: queue
-- Locks: none.
select
    explained.reason,
    explained.message,
    explained.detail
from tusk.explain_queue($1) as explained
