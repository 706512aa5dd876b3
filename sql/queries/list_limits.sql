-- Every limit, with how much of it is held and how many jobs wait for it (counted up to $1). Nothing holds a class, but
-- keys of it.
-- $1 int: where counting stops
-- Locks: none. Indexes: limit_hold_pkey, blocked_pkey.
select
    given.key,
    given.running_max,
    given.updated_at,
    given.updated_by,
    (
        select coalesce(sum(held.weight), 0)
        from tusk.limit_hold as held
        where held.shard = 0 and held.key = given.key
    )::bigint as running,
    (
        select count(*)
        from (
            select from tusk.blocked as blocked
            where blocked.shard = 0 and blocked.reason = 'limit' and blocked.key = given.key
            limit $1
        ) as counted
    ) as waiting,
    given.paused_at,
    given.paused_by,
    given.pause_reason,
    given.paused_until,
    given.rate_max,
    given.rate_period_ms,
    given.rate_burst
from tusk.key_limit as given
order by given.key
