-- How many milliseconds jobs waited for their start, of those that ended in the last $1 seconds, the shortest first.
-- $1 int: seconds
select (extract(epoch from outcome.started_at - job.created_at) * 1000)::double precision as milliseconds
from tusk.outcome as outcome
inner join tusk.job as job on job.shard = outcome.shard and job.id = outcome.id
where outcome.finished_at > now() - $1 * interval '1 second'
order by milliseconds
