-- Every limit, with how much of it is held and how many jobs wait for it (counted up to $1). Nothing holds a class, but
-- keys of it.
-- $1 int: where counting stops
-- Locks: none. Indexes: limit_hold_pkey, lease_pkey, blocked_pkey.
select
    given.key,
    given.running_max,
    given.updated_at,
    given.updated_by,
    (
        select coalesce(sum(held.total), 0)
        from tusk.present_hold as held
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
    given.rate_burst,
    given.breaker_failures,
    given.breaker_hold_ms,
    breaker.failures,
    breaker.opened_at,
    breaker.probe_at,
    breaker.wave,
    breaker.reason,
    (
        select count(*)
        from tusk.breaker as other
        where
            other.shard = 0 and other.wave is not null
            and (other.key = given.key or given.key like '%:*' and tusk.key_class(other.key) = given.key)
    ) as open_breakers,
    given.share_weight
from tusk.key_limit as given
left join tusk.breaker as breaker on breaker.shard = 0 and breaker.key = given.key
order by given.key
