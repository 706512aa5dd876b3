-- Whether the record of migrations exists.
-- No parameters.   Locks: none.
select to_regclass('tusk.migration') is not null as exists
