-- The table that a file is loaded into, as somebody would make it.
-- Locks: only new objects.
create table public.bench_rows (
    id bigint not null,
    name text not null,
    amount numeric not null,
    taken_at timestamptz not null,
    remark text,
    constraint bench_rows_pkey primary key (id)
)
