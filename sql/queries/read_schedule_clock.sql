-- The time that ticks are compared with.
-- No parameters.   Locks: none.
select tusk.schedule_clock() as moment
