-- Records the jobs of a request with an idempotency key, in the transaction that enqueues them.
-- $1 smallint: shard   $2 bytea: hash of the key   $3 bytea: fingerprint   $4 bigint[]: jobs   $5 text[]: their states
-- $6 timestamptz[]: their run_at   $7 timestamptz[]: since when each was there before, or null; empty: none was
-- Locks: the row. An older row of the same key is past its retention, and gives way.
insert into tusk.idempotency as past (shard, key_hash, fingerprint, created_at, ids, born, run_at, existed_since)
values ($1, $2, $3, now(), $4, $5::tusk.job_state [], $6, nullif($7::timestamptz [], '{}'))
on conflict (shard, key_hash) do update
set
    fingerprint = excluded.fingerprint,
    created_at = excluded.created_at,
    ids = excluded.ids,
    born = excluded.born,
    run_at = excluded.run_at,
    existed_since = excluded.existed_since
