-- Wakes workers that listen. Sent after the commit of what they are woken for, on a session of its own.
-- $1 text[]: queues
-- Locks: the notification queue, for the moment of its commit.
select pg_notify('tusk_ready', given.queue)
from unnest($1::text[]) as given (queue)
