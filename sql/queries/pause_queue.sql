-- Pauses a queue: nothing is claimed from it any more. Pausing it again keeps the first record.
-- $1 text: queue   $2 text: who   $3 text: why or null
-- Locks: its row.
insert into tusk.queue as queue (name, paused_at, paused_by, pause_reason)
values ($1, now(), $2, $3)
on conflict (name) do update
set
    paused_at = coalesce(queue.paused_at, excluded.paused_at),
    paused_by = case when queue.paused_at is null then excluded.paused_by else queue.paused_by end,
    pause_reason = case when queue.paused_at is null then excluded.pause_reason else queue.pause_reason end
returning queue.paused_at, queue.paused_by, queue.pause_reason
