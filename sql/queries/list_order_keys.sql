-- Order keys that jobs wait for, by key.
-- $1 text: only those after this key; null: all   $2 int: the most keys
-- Locks: none. Index: blocked_order.
select line.key, line.head, line.head_state, line.blocked_until, line.since, line.waiting
from tusk.list_order_keys($1, $2) as line
