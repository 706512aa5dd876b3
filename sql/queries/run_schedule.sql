-- Enqueues the job of a schedule now; answers it, null without such a schedule, and its queue.
-- $1 text: name   $2 text: who
-- Locks: its row.
select
    tusk.run_schedule($1, $2) as job_id,
    (
        select coalesce(schedule.job ->> 'queue', 'default')
        from tusk.schedule as schedule
        where schedule.name = $1
    ) as queue
