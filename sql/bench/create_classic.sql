-- The classic design, for comparison: one mutable table; a job is claimed by UPDATE and finished by DELETE.
-- As lean as such a table can be: no history, no fence, one partial index in claim order.
-- Locks: only new objects.
create table public.classic (
    id bigint generated always as identity,
    priority smallint not null default 5,
    attempt smallint not null default 0,
    max_attempts smallint not null default 20,
    run_at timestamptz not null default now(),
    created_at timestamptz not null default now(),
    locked_at timestamptz,
    locked_by uuid,
    state text not null default 'available',
    queue text not null,
    kind text not null,
    args json not null,
    constraint classic_pkey primary key (id)
);

create index classic_available on public.classic (queue, priority, id) where state = 'available';
