-- Notes that a key was used, at most once a minute.
-- $1 text: id
-- Locks: its row.
update tusk.api_key as key
set last_used_at = now()
where key.id = $1 and (key.last_used_at is null or key.last_used_at < now() - interval '1 minute')
