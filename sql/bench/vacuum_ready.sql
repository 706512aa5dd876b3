-- Gives a queue that was filled at once the statistics and the visibility map that it has in production.
-- Locks: the table against other vacuums.
vacuum (analyze) tusk.ready
