-- Takes the locks of idempotency keys until the transaction ends, without waiting; false: a request is in flight.
-- $1 bigint[]: the first 8 bytes of each key's hash, ascending
-- Locks: transaction-level advisory locks.
select pg_try_advisory_xact_lock(given.number) as is_locked
from unnest($1::bigint[]) with ordinality as given (number, ordinal)
order by given.ordinal
