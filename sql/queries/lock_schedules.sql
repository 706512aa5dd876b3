-- Takes schedules to move them on; those that another moved or changed since they were read are left out.
-- $1 text[]: names   $2 bigint[]: their revisions and $3 timestamptz[]: their next_tick_at, as they were read
-- Locks: the rows, in the order of names until the transaction ends: whoever comes second finds nothing to do.
select schedule.name, schedule.last_job_id, schedule.pending_tick_at
from unnest($1::text[], $2::bigint[], $3::timestamptz[]) as due (name, revision, next_tick_at)
inner join tusk.schedule as schedule
    on schedule.name = due.name
    and schedule.revision = due.revision
    and schedule.next_tick_at is not distinct from due.next_tick_at
order by schedule.name
for no key update of schedule
