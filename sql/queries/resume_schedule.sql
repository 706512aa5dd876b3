-- Resumes a paused schedule. False: there is none.
-- $1 text: name
-- Locks: its row.
select tusk.resume_schedule($1) as exists
