-- Transactions of the workers of this database so far, as far as the statistics know: those of the sessions that worker
-- processes open for themselves are all that are open, but for the one that asks.
-- Locks: none.
select (stats.xact_commit + stats.xact_rollback)::bigint as transactions
from pg_stat_database as stats
where stats.datname = current_database()
