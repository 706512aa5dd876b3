-- Registers a worker under a new id. No lease may be claimed before.
-- $1 uuid: id   $2 int: pid   $3 int: slots   $4 int: lease time in ms   $5 text: host   $6 text: version
-- $7 text[]: queues   $8 text[]: kinds
-- Locks: the new row.
insert into tusk.worker (
    id, pid, slots, lease_ms, started_at, heartbeat_at, state, host, version, queues, kinds
)
values ($1, $2, $3, $4, now(), now(), 'live', $5, $6, $7, $8)
