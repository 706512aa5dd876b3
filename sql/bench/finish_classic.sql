-- Finishes jobs of the classic design.
-- $1 bigint[]: jobs
-- Locks: their rows. Index: classic_pkey.
delete from public.classic as job
where job.id = any ($1)
