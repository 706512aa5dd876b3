-- The same for the table of the classic design.
-- Locks: the table against other vacuums.
vacuum (analyze) public.classic
