-- Deletes at most $1 old rows of each small record table: idempotency keys, ticks, progress and cancel requests.
-- $1 int: most rows of each
-- Locks: the rows, skipping what others hold. Indexes: idempotency_created_at, tick_recorded_at.
with keys as (
    delete from tusk.idempotency as old
    where
        old.ctid = any (array(
            select past.ctid
            from tusk.idempotency as past
            where
                past.created_at < now() - tusk.retention('idempotency_retention')
            limit $1
            for update skip locked
        ))
    returning 1
),
ticks as (
    delete from tusk.tick as old
    where
        old.ctid = any (array(
            select past.ctid
            from tusk.tick as past
            where
                past.recorded_at < now() - tusk.retention('history_retention')
            limit $1
            for update skip locked
        ))
    returning 1
),
reports as (
    delete from tusk.progress as old
    where
        old.ctid = any (array(
            select past.ctid
            from tusk.progress as past
            where
                past.updated_at < now() - tusk.retention('history_retention')
            limit $1
            for update skip locked
        ))
    returning 1
),
requests as (
    delete from tusk.cancel_request as old
    where
        old.ctid = any (array(
            select past.ctid
            from tusk.cancel_request as past
            where
                past.requested_at < now() - tusk.retention('history_retention')
            limit $1
            for update skip locked
        ))
    returning 1
)
select
    (select count(*) from keys)
    + (select count(*) from ticks)
    + (select count(*) from reports)
    + (select count(*) from requests) as pruned
