-- Revokes a key. No row: there is none, or it was revoked before.
-- $1 text: id
-- Locks: its row.
update tusk.api_key as key
set revoked_at = now()
where key.id = $1 and key.revoked_at is null
returning key.id
