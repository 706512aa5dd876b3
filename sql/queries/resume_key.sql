-- Lets jobs with a paused key start again; false: it was not paused.
-- $1 text: key
-- Locks: its row.
select tusk.resume_key($1) as was_paused
