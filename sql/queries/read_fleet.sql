-- How many workers and schedulers live, and who leads.
-- No parameters.   Locks: none.
select
    (select count(*) from tusk.worker as worker where worker.state = 'live') as live_workers,
    (select count(*) from tusk.worker as worker where worker.state = 'draining') as draining_workers,
    (select count(*) from tusk.scheduler as scheduler) as schedulers,
    (
        select leader.holder from tusk.leader as leader where leader.name = 'scheduler' and leader.expires_at > now()
    ) as leader
