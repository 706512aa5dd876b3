-- Lets the line of a discarded job go on without it; see the comment of tusk.release_order_key for the answers.
-- $1 text: the order key
-- Locks: the row of the key.
select line.answer, line.queues
from tusk.release_order_key($1) as line
