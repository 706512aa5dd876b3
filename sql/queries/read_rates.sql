-- What happened in each queue in the last whole minute and the present one, and how many seconds these are.
-- No parameters.
-- Locks: none. Index: minute_pkey, over the rows of two minutes.
select
    minute.queue,
    sum((select sum(waits.jobs) from unnest(minute.waits) as waits (jobs)))::bigint as claimed,
    sum(minute.completed)::bigint as completed,
    sum(minute.failed)::bigint as failed,
    sum(minute.discarded)::bigint as discarded,
    sum(minute.cancelled)::bigint as cancelled,
    (60 + extract(second from now()))::double precision as seconds
from tusk.minute as minute
where minute.minute >= date_trunc('minute', now()) - interval '1 minute'
group by minute.queue
order by minute.queue
