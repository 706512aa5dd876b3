-- What became of jobs that a claim over HTTP settled before, in input order: a settlement that was sent twice is told
-- so. Null: the claim did not settle it.
-- $1 smallint: shard   $2 uuid: worker   $3 bigint[]: jobs
-- Locks: none. Indexes: outcome_id, attempt_id.
-- A worker makes one claim only, so it had each job once. What the rescue ended for it does not count.
select
    coalesce(
        (
            select past.state::text
            from tusk.outcome as past
            where
                past.shard = $1 and past.id = given.id and past.worker_id = $2
                and past.reason is distinct from 'crash'
            limit 1
        ),
        (
            select
                case past.ended
                    when 'given_back' then 'available' when 'discarded' then 'discarded' else 'retryable'
                end
            from tusk.attempt as past
            where past.shard = $1 and past.id = given.id and past.worker_id = $2 and past.ended <> 'lost'
            limit 1
        )
    ) as state
from unnest($3::bigint[]) with ordinality as given (id, ordinal)
order by given.ordinal
