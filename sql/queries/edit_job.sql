-- Changes fields of a job that waits; see the comment of tusk.edit_job for the answers.
-- $1 bigint: job   $2 text[]: the fields   $3 text: queue   $4 int: priority   $5 timestamptz: run_at
-- $6 bigint: or so many ms from now   $7 int: max_attempts   $8 text[]: tags   $9 json: args   $10 bool: which are a
-- merge patch; all null where they are not named in $2
-- Locks: the rows of the unique keys that it has and gets, and the row that holds the job.
select edited.answer, edited.woken
from tusk.edit_job(
    $1, $2, $3, $4, coalesce($5, clock_timestamp() + $6 * interval '1 ms'), $7, $8, $9, $10
) as edited
