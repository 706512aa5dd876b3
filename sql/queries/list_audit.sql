-- What operators changed, the newest first.
-- $1 text: id or name of who, or null   $2 text: action or null   $3 text: what sort of thing or null
-- $4 text: its name or null   $5 timestamptz: since when or null   $6 bigint: only those before this one   $7 int: most
-- Locks: none. Index: audit_pkey; what operators do in 90 days is not much.
select
    audit.id, audit.recorded_at, audit.actor_id, audit.actor, audit.origin, audit.action, audit.target_kind,
    audit.target, audit.reason, audit.state_before, audit.state_after
from tusk.audit as audit
where
    ($1::text is null or audit.actor_id = $1 or audit.actor = $1)
    and ($2::text is null or audit.action = $2)
    and ($3::text is null or audit.target_kind = $3)
    and ($4::text is null or audit.target = $4)
    and ($5::timestamptz is null or audit.recorded_at >= $5)
    and audit.id < $6
order by audit.id desc
limit $7
