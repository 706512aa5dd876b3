-- Since when the database waits for an operator because it was restored from a backup or copied; see
-- tusk.check_identity.
-- No parameters.
-- Locks: none; each minute, and when the database has moved, the row of tusk.identity.
select tusk.check_identity() as restored_at
