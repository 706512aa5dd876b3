-- What psql's \copy sends.
-- Locks: none but the new rows.
copy public.bench_rows from stdin with (format csv, header)
