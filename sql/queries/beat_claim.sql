-- Extends the leases of a claim over HTTP, and answers until when. No row: it is over, or somebody else's.
-- $1 uuid: worker   $2 bytea: SHA-256 of the secret   $3 text: the API key
-- Locks: its row. Index: worker_pkey.
update tusk.worker as worker
set heartbeat_at = now()
where worker.id = $1 and worker.token_hash = $2 and worker.owner = $3
returning worker.heartbeat_at + worker.lease_ms * interval '1 ms' as expires_at
