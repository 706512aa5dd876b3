-- Makes the record of migrations, before the first one.
-- No parameters.   Locks: none that matter; the caller holds the advisory lock of migrations.
create table if not exists tusk.migration (
    version integer not null,
    name text not null,
    checksum text not null,
    applied_at timestamptz not null default now(),
    constraint migration_pkey primary key (version)
)
