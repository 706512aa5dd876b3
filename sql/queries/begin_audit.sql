-- What something is before an operator changes it, as text; null: it is not there.
-- $1 text: what sort of thing   $2 text: its name
-- Locks: an advisory lock of the transaction for this name, so that audited changes of one thing follow each other;
-- and the row of a schedule.
select tusk.begin_audit($1, $2)::text as state
