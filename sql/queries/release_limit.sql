-- Brings back jobs that wait for a key or a class whose limit was changed; answers their queues.
-- $1 smallint: shard   $2 text: key
-- Locks: as release_limited.sql.
select tusk.release_limit($1, $2) as queues
