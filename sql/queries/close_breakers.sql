-- Closes the breaker of a key, or those of a class; see tusk.close_breakers.
-- $1 text: key
-- Locks: their rows.
select tusk.close_breakers($1) as closed
