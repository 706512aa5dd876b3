-- What is wrong with the server, the schema and the processes; see tusk.doctor.
-- No parameters.   Locks: none.
select
    examined.severity,
    examined.finding,
    examined.message,
    examined.remedy,
    clock_timestamp() as moment
from (select) as one
left join tusk.doctor() as examined on true
