-- Makes the schema that everything lives in, before the first migration.
-- No parameters.   Locks: none that matter; the caller holds the advisory lock of migrations.
create schema if not exists tusk
