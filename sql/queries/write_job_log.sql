-- Stores lines that handlers logged, each only under the present lease of its job and until it is settled.
-- $1 smallint: shard   $2 uuid: worker   $3 bigint[]: lease   $4 bigint[]: job   $5 int[]: line number
-- $6 smallint[]: level   $7 text[]: message
-- Locks: only the new rows. Index: lease_pkey.
insert into tusk.job_log (shard, level, id, lease, line, logged_at, message)
select $1, given.level, given.id, given.lease, given.line, now(), given.message
from
    unnest($3::bigint[], $4::bigint[], $5::int[], $6::smallint[], $7::text[])
    as given (lease, id, line, level, message)
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
