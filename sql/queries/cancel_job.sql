-- Cancels a job wherever it is; see the comment of tusk.cancel for the answers.
-- $1 bigint: job   $2 text: who   $3 text: why or null
-- Locks: the row that holds the job.
select tusk.cancel($1, $2, $3) as answer
