-- Registers a worker for one claim over HTTP, and answers when its leases end unless a heartbeat comes before.
-- $1 uuid: id   $2 int: most jobs   $3 int: lease time in ms   $4 text: name   $5 text: version
-- $6 text[]: queues   $7 text[]: kinds   $8 bytea: SHA-256 of the secret   $9 text: the API key
-- Locks: the new row.
insert into tusk.worker (
    id, pid, slots, lease_ms, started_at, heartbeat_at, state, host, version, queues, kinds, token_hash, owner
)
values ($1, 0, $2, $3, now(), now(), 'live', $4, $5, $6, $7, $8, $9)
returning heartbeat_at + lease_ms * interval '1 ms' as expires_at
