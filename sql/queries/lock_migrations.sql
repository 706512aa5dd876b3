-- Lets one process at a time look at and change the schema, until its transaction ends.
-- No parameters.   Locks: one transaction-level advisory lock; its number is 'tusk' in ASCII.
select pg_advisory_xact_lock(1953854315)
