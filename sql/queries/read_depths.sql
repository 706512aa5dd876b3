-- How much waited in each queue when the scheduler looked in the present minute: the most, and the longest wait.
-- No parameters.
-- Locks: none. Index: minute_pkey.
select minute.queue, minute.available, minute.oldest_wait_ms
from tusk.minute as minute
where minute.minute = date_trunc('minute', clock_timestamp())
order by minute.queue
