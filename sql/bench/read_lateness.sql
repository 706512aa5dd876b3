-- How many milliseconds after the moment in their metadata jobs started, the least late first.
select
    extract(epoch from outcome.started_at - timestamptz 'epoch')::double precision * 1000
    - (job.metadata ->> 'due')::double precision / 1000 as milliseconds
from tusk.outcome as outcome
inner join tusk.job as job on job.shard = outcome.shard and job.id = outcome.id
where job.metadata is not null
order by milliseconds
