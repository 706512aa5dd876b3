-- How many rows the table has that files are loaded into.
-- Locks: none.
select count(*) as rows
from public.bench_rows
