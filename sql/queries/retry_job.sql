-- Makes a waiting, discarded or cancelled job available now; see the comment of tusk.retry for the answers.
-- $1 bigint: job
-- Locks: the row that holds the job.
select tusk.retry($1) as answer
