-- Makes the history partitions of today and the coming week. Idempotent; anybody may run it at any time.
-- No parameters.
-- Locks: a parent without all its partitions, and its overflow table, exclusively until the end, behind lock_timeout
-- 100 ms: while somebody reads history in a long transaction nothing is made, and nobody queues behind it for longer.
select tusk.make_day_partitions(7) as made
