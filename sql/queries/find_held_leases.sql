-- Which of these leases are locked by somebody's open transaction, so that settling their jobs would have to wait.
-- $1 smallint: shard   $2 bigint[]: leases
-- Locks: the free ones in the order of their numbers, for no key update, until it has answered. Index: lease_pkey.
with free as materialized (
    select lease.number
    from tusk.lease as lease
    where lease.shard = $1 and lease.number = any ($2)
    order by lease.number
    for no key update skip locked
)
select lease.number
from tusk.lease as lease
where
    lease.shard = $1
    and lease.number = any ($2)
    and lease.number <> all (array(select free.number from free))
