-- Comments on the record of migrations, which is made before the first one.
-- Why: everything in the schema is commented.
-- Locks: none that matter. Cost on 10 million rows: none.

comment on table tusk.migration is 'Which migrations were applied.';
comment on column tusk.migration.version is 'Number in front of the file''s name.';
comment on column tusk.migration.name is 'The rest of the file''s name.';
comment on column tusk.migration.checksum is 'SHA-256 of the file; a migration is never edited once applied.';
comment on column tusk.migration.applied_at is 'When it was applied.';
