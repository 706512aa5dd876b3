-- Forgets pauses of queues that have ended by themselves, and answers the queues, to wake workers. Nothing depends on
-- it: a pause ends at its time.
-- No parameters.
-- Locks: their rows, skipping those that others hold.
update tusk.queue as queue
set paused_at = null, paused_until = null, paused_by = null, pause_reason = null
where
    queue.name = any (array(
        select ended.name
        from tusk.queue as ended
        where ended.paused_at is not null and ended.paused_until <= now()
        for update skip locked
    ))
returning queue.name
