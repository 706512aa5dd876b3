-- Whether jobs were settled under these leases before, in input order: a settlement that was sent twice is told so.
-- $1 smallint: shard   $2 bigint[]: job   $3 bigint[]: lease
-- Locks: none. Indexes: outcome_id, scheduled_id, ready_id, attempt_id.
select
    exists (
        select from tusk.outcome as past
        where past.shard = $1 and past.id = given.id and past.lease = given.lease
    )
    or exists (
        select from tusk.scheduled as past
        where past.shard = $1 and past.id = given.id and past.last_lease = given.lease
    )
    or exists (
        select from tusk.ready as past
        where past.shard = $1 and past.id = given.id and past.last_lease = given.lease
    )
    or exists (
        select from tusk.attempt as past
        where past.shard = $1 and past.id = given.id and past.lease = given.lease and past.ended <> 'lost'
    ) as is_settled
from unnest($2::bigint[], $3::bigint[]) with ordinality as given (id, lease, ordinal)
order by given.ordinal
