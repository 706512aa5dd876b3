-- Says that a scheduler lives; forgets those not heard of for a minute.
-- $1 uuid: id   $2 int: pid   $3 text: host   $4 text: version
-- Locks: its row and the forgotten rows.
with forgotten as (
    delete from tusk.scheduler as scheduler
    where scheduler.heartbeat_at < now() - interval '1 minute' and scheduler.id <> $1
)
insert into tusk.scheduler as scheduler (id, pid, started_at, heartbeat_at, host, version)
values ($1, $2, now(), now(), $3, $4)
on conflict (id) do update set heartbeat_at = now()
