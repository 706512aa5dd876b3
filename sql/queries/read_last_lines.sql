-- The last line that each of these jobs has logged under its lease; 0: none. In input order.
-- $1 smallint: shard   $2 bigint[]: jobs   $3 bigint[]: their leases
-- Locks: none. Index: job_log_id.
select
    (
        select coalesce(max(logged.line), 0)
        from tusk.job_log as logged
        where logged.shard = $1 and logged.id = given.id and logged.lease = given.lease
    ) as line
from unnest($2::bigint[], $3::bigint[]) with ordinality as given (id, lease, ordinal)
order by given.ordinal
