-- Adds to the present minute how much waits in each queue; see tusk.sample_queues.
-- $1 smallint: shard   $2 int: where counting stops
-- Locks: the rows of that minute, in the order of the queues. Indexes: ready_pkey, ready_gated, ready_turn.
select tusk.sample_queues($1, $2) as queues
