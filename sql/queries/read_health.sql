-- Whether the server can be worked on: its role, its durability and the clock.
-- No parameters.   Locks: none.
select
    pg_is_in_recovery() as is_standby,
    current_setting('fsync') = 'on' as is_durable,
    current_setting('server_version_num')::integer as server_version,
    clock_timestamp() as moment
