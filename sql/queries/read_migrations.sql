-- The migrations that were applied, in order.
-- No parameters.   Locks: none.
select migration.version, migration.name, migration.checksum, migration.applied_at
from tusk.migration as migration
order by migration.version
