-- Claims up to $3 jobs of the classic design for a worker.
-- $1 text: queue   $2 uuid: worker   $3 int: most jobs
-- Locks: the picked rows, skipping rows that others hold. Index: classic_available.
with picked as materialized (
    select job.id
    from public.classic as job
    where job.state = 'available' and job.queue = $1
    order by job.priority, job.id
    limit $3
    for update skip locked
)
update public.classic as job
set state = 'running', attempt = job.attempt + 1, locked_at = now(), locked_by = $2
from picked
where job.id = picked.id
returning job.id, job.kind, job.args, job.attempt, job.max_attempts, job.created_at
