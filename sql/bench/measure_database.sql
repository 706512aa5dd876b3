-- What the database has done and holds: how much WAL was written, how large tables and indexes are, how many dead rows
-- they have as far as the statistics know, and which process serves this session.
-- Locks: none.
select
    pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint as wal_bytes,
    coalesce(sum(pg_total_relation_size(class.oid)), 0)::bigint as table_bytes,
    coalesce(sum(pg_stat_get_dead_tuples(class.oid)), 0)::bigint as dead_rows,
    pg_backend_pid() as pid,
    inet_server_addr() is null or inet_server_addr() = inet_client_addr() as is_local
from pg_class as class
inner join pg_namespace as namespace on namespace.oid = class.relnamespace
where class.relkind = 'r' and namespace.nspname in ('tusk', 'public')
