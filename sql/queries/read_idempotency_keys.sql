-- What was accepted under idempotency keys within their retention.
-- $1 smallint: shard   $2 bytea[]: hashes of the keys
-- Locks: none; the caller holds the advisory locks. Index: idempotency_pkey.
select
    past.key_hash,
    past.fingerprint,
    past.ids,
    past.born::text[] as born,
    array(
        select (extract(epoch from given.moment) * 1000000)::bigint
        from unnest(past.run_at) with ordinality as given (moment, ordinal)
        order by given.ordinal
    ) as run_at_us,
    past.created_at,
    array(
        select (extract(epoch from given.moment) * 1000000)::bigint
        from unnest(past.existed_since) with ordinality as given (moment, ordinal)
        order by given.ordinal
    ) as existed_since_us
from tusk.idempotency as past
where
    past.shard = $1
    and past.key_hash = any ($2)
    and past.created_at > now() - tusk.retention('idempotency_retention')
