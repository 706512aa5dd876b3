-- Stores how far jobs are, each only under its present lease and until it is settled.
-- $1 smallint: shard   $2 uuid: worker   $3 bigint[]: lease   $4 bigint[]: job   $5 double precision[]: fraction
-- $6 text[]: message or null
-- Locks: the progress rows, in the order of the ids. Index: lease_pkey, progress_pkey.
insert into tusk.progress as progress (shard, id, lease, fraction, updated_at, message)
select $1, given.id, given.lease, given.fraction, now(), given.message
from unnest($3::bigint[], $4::bigint[], $5::double precision[], $6::text[]) as given (lease, id, fraction, message)
where
    exists (
        select
        from tusk.lease as lease
        where
            lease.shard = $1
            and lease.number = given.lease
            and lease.worker_id = $2
            and given.id = any (lease.ids)
            and (lease.done is null or get_bit(lease.done, array_position(lease.ids, given.id) - 1) = 0)
    )
order by given.id
on conflict (shard, id) do update
set
    lease = excluded.lease,
    fraction = excluded.fraction,
    updated_at = excluded.updated_at,
    message = excluded.message
where progress.lease <= excluded.lease
