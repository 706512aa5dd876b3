-- Lets a restored database work; see tusk.resume_restored.
-- $1 boolean: with all queues and schedules paused   $2 text: who   $3 text: why or null
-- Locks: the row of tusk.identity, and those of the queues and schedules that are paused.
select tusk.resume_restored($1, $2, $3) as was_restored
