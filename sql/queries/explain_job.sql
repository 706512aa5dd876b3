-- Why a job is not running; see tusk.explain.
-- $1 bigint: job
-- Locks: none.
select
    explained.reason,
    explained.message,
    explained.detail
from tusk.explain($1) as explained
