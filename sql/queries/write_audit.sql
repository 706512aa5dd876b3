-- Writes down a change that an operator asked for, in the transaction of the change and behind it.
-- $1 text: id of who   $2 text: name of who   $3 text: from where or null   $4 text: action
-- $5 text: what sort of thing   $6 text: its name   $7 text: why or null   $8 text: what it was before, JSON or null
-- Locks: none.
insert into tusk.audit (actor_id, actor, origin, action, target_kind, target, reason, state_before, state_after)
values ($1, $2, $3, $4, $5, $6, $7, $8::text::jsonb, tusk.audit_state($5, $6))
