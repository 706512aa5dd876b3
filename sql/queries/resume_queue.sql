-- Resumes a paused queue. No row: it was not paused.
-- $1 text: queue
-- Locks: its row.
update tusk.queue as queue
set paused_at = null, paused_until = null, paused_by = null, pause_reason = null
where queue.name = $1 and queue.paused_at is not null
returning queue.name
